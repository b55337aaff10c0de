"""How does Hudang get a PostgreSQL where there is none? It starts its own, on a data directory of its own.

The server is a child of this process. It listens on a socket that only its account may use (on Windows:
on the loopback address), asks for passwords, and ends with this process, however that ends.
"""

import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import msgspec
import psycopg
from psycopg import sql

from hudang import postgres_process as process
from hudang.data_directory import DataDirectory, DataDirectoryError, unusable, write_private
from hudang.former_server import end_former_server
from hudang.postgres_account import named_account, server_account
from hudang.postgres_binaries import program, programs
from hudang.postgres_process import Address, PostgresDidNotStart, Server

DATABASE = "hudang"
ADMIN = "hudang_admin"
"""The superuser: migrations and backups use it, the service never does."""
SERVICE = "hudang"
"""The login role of the service; what it may do is granted by the migrations."""

LONGEST_SOCKET_PATH = 103
"""Bytes; the shortest limit among the systems (macOS 103, Linux 107)."""
SOCKET_FILE = ".s.PGSQL.5432.lock"
PASSWORDS = "passwords.json"
WRONG_PASSWORD = "password authentication failed"
STILL_SHARED = "pre-existing shared memory block"

logger = logging.getLogger(__name__)


class Passwords(msgspec.Struct, frozen=True):
    """The passwords of the two login roles, kept in a file for the owner of the data directory alone."""

    admin: str
    service: str


class EmbeddedPostgres:
    """A PostgreSQL server of Hudang's own, on one data directory.

    `report` hears, every few seconds, why a start takes long: after a crash the server first repeats what
    its log holds, and is given all the time it needs.
    """

    def __init__(self, data: Path, *, report: Callable[[str], None] = logger.warning) -> None:
        self.data = data.absolute()
        self._directory = DataDirectory(self.data)
        self._report = report
        self._server: Server | None = None
        self._passwords: Passwords | None = None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder."""
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        """The server's log; it never holds statements, parameters or the contents of rows."""
        return self.data / "postgres.log"

    @property
    def is_running(self) -> bool:
        """Whether the server that this object started answers."""
        return self._server is not None and self._server.is_alive() and self._refusal() is None

    def start(self) -> Self:
        """Start the server, creating it first if the data directory is new; do nothing if it runs.

        Raises `DataDirectoryInUse`, `DataDirectoryError`, `PostgresNotFound` or `PostgresDidNotStart`.
        """
        if self._server is not None and self._wait_until_it_accepts():
            return self
        self._directory.hold()
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise unusable(self.data, error) from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server and free the data directory; do nothing if it does not run."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        self._directory.release()

    def url(self, database: str = DATABASE, *, admin: bool = False) -> str:
        """A libpq URI for the service's login role, or for the superuser."""
        if self._server is None or self._passwords is None:
            raise PostgresDidNotStart("The embedded PostgreSQL is not running.")
        role, password = (ADMIN, self._passwords.admin) if admin else (SERVICE, self._passwords.service)
        address = self._server.address
        return (
            f"postgresql://{role}:{quote(password, safe='')}@/{quote(database, safe='')}"
            f"?host={quote(address.host, safe='')}&port={address.port}"
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        if self._server is not None:  # it was killed
            self._server.stop()
        folder = programs()
        self._passwords = self._known_passwords()
        if not self.cluster.exists():
            create_cluster(folder, self.cluster, self._passwords.admin)
        end_former_server(folder, self.cluster, self._report)
        while True:
            self._server = self._spawn(folder)
            if self._wait_until_it_accepts():
                break
            said = self._server.last_words()
            if STILL_SHARED not in said:
                raise PostgresDidNotStart(
                    f"PostgreSQL did not start: {said or 'it said nothing'} (its log: {self.log})"
                )
            self._server.stop()
            time.sleep(0.1)  # the last sessions of a killed server are still ending
        self._ensure_database()

    def _spawn(self, folder: Path) -> Server:
        account = server_account(self.cluster)
        return process.spawn(folder, self.cluster, self._address(), log=self.log, account=account)

    def _address(self) -> Address:
        if process.USES_TCP:
            return process.free_loopback_address()
        if len(str(self.cluster / SOCKET_FILE).encode()) <= LONGEST_SOCKET_PATH:
            return Address(str(self.cluster))
        kept = self.data / "socket-folder"
        if kept.exists():  # its Hudang was killed
            process.forget_socket_folder(kept.read_text(encoding="utf-8"))
        short = Path(tempfile.mkdtemp(prefix=process.SOCKET_FOLDER_PREFIX))
        write_private(kept, str(short).encode())
        if account := server_account(self.cluster):
            account.own([short])
        return Address(str(short))

    def _known_passwords(self) -> Passwords:
        kept = self.data / PASSWORDS
        if kept.exists():
            return msgspec.json.decode(kept.read_bytes(), type=Passwords)
        if self.cluster.exists():
            raise DataDirectoryError(f"{kept} is missing: without it nobody can open the database beside it.")
        made = Passwords(admin=secrets.token_urlsafe(32), service=secrets.token_urlsafe(32))
        write_private(kept, msgspec.json.encode(made))
        return made

    def _refusal(self) -> str | None:
        """Why the server lets nobody in now; None if it does."""
        try:
            psycopg.connect(self.url("postgres", admin=True), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return process.last_line(str(error))
        return None

    def _wait_until_it_accepts(self) -> bool:
        """Whether the server came up; it is asked until it answers or ends, however long that takes."""
        assert self._server is not None
        begun = time.monotonic()
        next_report = process.REPORT_SECONDS
        while self._server.is_alive():
            refusal = self._refusal() if self._server.listens() else "it does not listen yet"
            if refusal is None:
                return True
            if WRONG_PASSWORD in refusal:
                raise DataDirectoryError(f"{self.data / PASSWORDS} does not open the database beside it.")
            waited = time.monotonic() - begun
            if waited >= next_report:
                self._report(
                    f"PostgreSQL is still starting after {waited:.0f} s: {self._server.last_words()}"
                )
                next_report += process.REPORT_SECONDS
            time.sleep(0.005)
        return False

    def _ensure_database(self) -> None:
        """Create the service's role and database, unless an earlier start did."""
        assert self._passwords is not None
        with psycopg.connect(self.url("postgres", admin=True), autocommit=True) as connection:
            has_role, has_database = connection.execute(
                "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s),"
                " EXISTS (SELECT FROM pg_database WHERE datname = %s)",
                (SERVICE, DATABASE),
            ).fetchone() or (False, False)
            if not has_role:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(SERVICE), sql.Literal(self._passwords.service)
                    )
                )
            if not has_database:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def create_cluster(folder: Path, cluster: Path, admin_password: str) -> None:
    """Run `initdb` beside the place and then move the result there: a cluster is whole or absent."""
    unfinished = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account = named_account()
    with tempfile.TemporaryDirectory(dir=cluster.parent) as private:
        password = Path(private) / "password"
        password.write_text(admin_password, encoding="ascii")
        if account is not None:
            account.own([unfinished, password])
        with password.open("rb") as readable:
            done = process.run(
                [
                    str(folder / program("initdb")),
                    f"--username={ADMIN}",
                    "--auth=scram-sha-256",
                    f"--pwfile={process.reopenable(readable, password)}",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                    *process.location_arguments(unfinished, account),
                ],
                cwd=unfinished,
                account=account,
                pass_fds=process.inheritable(readable),
            )
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise PostgresDidNotStart(
            f"PostgreSQL could not create its database: {process.last_line(done.stderr)}"
        )
    if (runs_as := server_account(cluster)) is not None:
        runs_as.own([unfinished, *unfinished.rglob("*")])
    unfinished.rename(cluster)
