"""How is this Hudang set up? Flags come before the environment, and that before what is built in."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hudang.user_error import UserError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
HIGHEST_PORT = 65_535
DEFAULT_REQUEST_SECONDS = 10
LONGEST_REQUEST_SECONDS = 600


class SettingsError(UserError):
    """A setting has a value that Hudang cannot use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs from one installation to the next.

    Without `database_url` Hudang starts a PostgreSQL of its own in `data`. `database_admin_url` is the login
    that migrations use. `port` 0 takes a free one. The addresses hold passwords, so they are never shown.
    """

    data: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    database_url: str | None = field(default=None, repr=False)
    database_admin_url: str | None = field(default=None, repr=False)
    master_key_file: Path | None = None
    master_key_text: str | None = field(default=None, repr=False)
    seal_key_file: Path | None = None
    request_seconds: int = DEFAULT_REQUEST_SECONDS

    @property
    def master_key(self) -> Path:
        """The file of the key that wraps every person's key; beside the data unless named.

        Not read where `master_key_text` holds the key itself.
        """
        return self.master_key_file or self.data / "master.key"

    @property
    def seal_key(self) -> Path:
        """The file of the key that signs the heads of ledgers; beside the data unless named."""
        return self.seal_key_file or self.data / "seal.key"

    @property
    def seals(self) -> Path:
        """The folder of the seals, one file a ledger; what is in it is meant to leave the building."""
        return self.data / "seals"


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """`--data`, for every command that opens the database."""
    parser.add_argument(
        "--data", metavar="FOLDER", help="data directory of the embedded database (or HUDANG_DATA)"
    )


def add_address_arguments(parser: argparse.ArgumentParser) -> None:
    """`--host` and `--port`, for every command that listens."""
    parser.add_argument("--host", help=f"address to listen on (or HUDANG_HOST; {DEFAULT_HOST})")
    parser.add_argument(
        "--port", help=f"port to listen on, 0 for a free one (or HUDANG_PORT; {DEFAULT_PORT})"
    )


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """The settings of one run; raises `SettingsError` for a value that cannot be used."""

    def chosen(flag: str, variable: str) -> str | None:
        return getattr(arguments, flag, None) or environment.get(variable) or None

    database_url = chosen("database_url", "DATABASE_URL")
    database_admin_url = chosen("database_admin_url", "DATABASE_ADMIN_URL")
    if database_admin_url and not database_url:
        raise SettingsError("DATABASE_ADMIN_URL is set and DATABASE_URL is not: set both, or neither.")
    data = chosen("data", "HUDANG_DATA")
    master_key_file = chosen("master_key_file", "HUDANG_MASTER_KEY_FILE")
    master_key_text = environment.get("HUDANG_MASTER_KEY") or None
    if master_key_text and master_key_file:
        raise SettingsError("HUDANG_MASTER_KEY and HUDANG_MASTER_KEY_FILE are both set: set one of them.")
    seal_key_file = chosen("seal_key_file", "HUDANG_SEAL_KEY_FILE")
    return Settings(
        data=Path(data).expanduser() if data else default_data(),
        host=chosen("host", "HUDANG_HOST") or DEFAULT_HOST,
        port=port_number(chosen("port", "HUDANG_PORT")),
        database_url=database_url,
        database_admin_url=database_admin_url,
        master_key_file=Path(master_key_file).expanduser() if master_key_file else None,
        master_key_text=master_key_text,
        seal_key_file=Path(seal_key_file).expanduser() if seal_key_file else None,
        request_seconds=request_seconds(environment.get("HUDANG_REQUEST_SECONDS") or None),
    )


def default_data() -> Path:
    """The folder that the system keeps for this user's data."""
    import platformdirs  # noqa: PLC0415 - not needed where a folder is named

    return platformdirs.user_data_path("hudang", appauthor=False)


def port_number(text: str | None) -> int:
    """A port from 0 to 65535; the usual one when none is named."""
    if text is None:
        return DEFAULT_PORT
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise SettingsError(f"The port must be a number from 0 to {HIGHEST_PORT}, not {text!r}.")
    return int(text)


def request_seconds(text: str | None) -> int:
    """How long one request may take, 1 to 600 seconds; the usual time when none is named."""
    if text is None:
        return DEFAULT_REQUEST_SECONDS
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_REQUEST_SECONDS:
        raise SettingsError(
            f"HUDANG_REQUEST_SECONDS must be a number from 1 to {LONGEST_REQUEST_SECONDS}, not {text!r}."
        )
    return int(text)
