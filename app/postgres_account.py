"""Under which account does PostgreSQL run? It refuses root, so root lends it an account of no one's.

Nothing is added to the system and no folder of anybody's is opened: the processes change to a number.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from hudang.data_directory import DataDirectoryError

NO_ONES_NUMBER = 60_811
"""A user and group number that Linux distributions give to nobody (60578-61183 is unused everywhere)."""

ROOT = 0
OTHERS_MAY_ENTER = 0o001
OTHERS_MAY_READ = 0o004


class SpawnOptions(TypedDict, total=False):
    """What `subprocess` needs to run a program under the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group number that programs are started under."""

    user: int
    group: int

    def spawn_options(self) -> SpawnOptions:
        """Keyword arguments for `subprocess`."""
        return SpawnOptions(user=self.user, group=self.group, extra_groups=[])

    def own(self, paths: Iterable[Path]) -> None:
        """Give files and folders to this account."""
        try:
            for path in paths:
                os.chown(path, self.user, self.group, follow_symlinks=False)
        except PermissionError as error:
            raise DataDirectoryError(
                "PostgreSQL does not run as root, and this root may not hand files to another account. "
                "Run Hudang as an ordinary user, or name a server in DATABASE_URL."
            ) from error


def is_root() -> bool:
    """Whether PostgreSQL would refuse to run under the account of this process."""
    return sys.platform != "win32" and os.geteuid() == ROOT


def server_account(cluster: Path) -> Account | None:
    """Who runs the server: None is "whoever runs Hudang"; root lends the account that owns the cluster."""
    if not is_root():
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != ROOT:
        return Account(owner.st_uid, owner.st_gid)
    return Account(NO_ONES_NUMBER, NO_ONES_NUMBER)


def named_account() -> Account | None:
    """Who runs `initdb`: it insists on an account that has a name, so root lends it `nobody`."""
    if not is_root():
        return None
    import pwd  # noqa: PLC0415 - Windows has no such module

    named = sorted(
        (each for each in pwd.getpwall() if each.pw_uid != ROOT), key=lambda each: each.pw_name != "nobody"
    )
    if not named:
        raise DataDirectoryError(
            "PostgreSQL does not run as root, and this system has no other account. "
            "Run Hudang as an ordinary user, or name a server in DATABASE_URL."
        )
    return Account(named[0].pw_uid, named[0].pw_gid)


def may_enter(folder: Path) -> bool:
    """Whether everybody may pass through the folder and all that lie above it."""
    resolved = folder.resolve()
    return all(each.stat().st_mode & OTHERS_MAY_ENTER for each in (resolved, *resolved.parents))


def may_read(file: Path) -> bool:
    """Whether everybody may read the file."""
    return may_enter(file.parent) and bool(file.resolve().stat().st_mode & OTHERS_MAY_READ)
