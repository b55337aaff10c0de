"""May this process use this data directory? One Hudang a directory, and it must be writable."""

import os
import sys
from pathlib import Path
from typing import IO

from hudang.user_error import UserError

LOCK_FILE = "hudang.lock"
"""Locked while a Hudang uses the directory; it holds that process's number, for the message."""

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


class DataDirectoryError(UserError):
    """The data directory cannot be used; the message is one line that says why."""


class DataDirectoryInUse(DataDirectoryError):  # noqa: N818 - the name says what is the case
    """Another Hudang uses the data directory."""


class DataDirectory:
    """A folder held by one process until it is released or the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[bytes] | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the folder now."""
        return self._lock is not None

    def hold(self) -> None:
        """Create the folder if it is new, and lock it; raise `DataDirectoryError` if that fails."""
        if self._lock is not None:
            return
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            lock = open_private(self.path / LOCK_FILE)
        except OSError as error:
            raise unusable(self.path, error) from error
        try:
            lock_at_once(lock)
        except BlockingIOError as error:
            holder = lock.read(20).decode("ascii", "replace").strip()
            lock.close()
            raise DataDirectoryInUse(
                f"Another Hudang{f' (process {holder})' if holder.isdigit() else ''} uses {self.path}. "
                "Stop it first, or name another data directory with --data."
            ) from error
        except OSError as error:
            lock.close()
            raise unusable(self.path, error) from error
        lock.truncate(0)
        lock.write(str(os.getpid()).encode("ascii"))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        """Let another Hudang use the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def unusable(path: Path, error: OSError) -> DataDirectoryError:
    """What a person reads when the operating system refuses the folder."""
    return DataDirectoryError(
        f"Cannot use the data directory {path}: {error.strerror or error}. Name another with --data."
    )


def open_private(path: Path) -> IO[bytes]:
    """Open a file for reading and writing, creating it for its owner alone."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE), "r+b", buffering=0)


def write_private(path: Path, content: bytes) -> None:
    """Write a file for its owner alone: after a crash it is there whole, or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open_private(unfinished) as file:
        file.write(content)
        os.fsync(file.fileno())
    unfinished.replace(path)


if sys.platform == "win32":
    import msvcrt

    FAR_BEYOND_THE_CONTENT = 1_000
    """Windows refuses to read a locked byte, so the lock lies behind what others may read."""

    def lock_at_once(file: IO[bytes]) -> None:
        """Lock the file or raise `BlockingIOError`."""
        file.seek(FAR_BEYOND_THE_CONTENT)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error
        finally:
            file.seek(0)

else:
    import fcntl

    def lock_at_once(file: IO[bytes]) -> None:
        """Lock the file or raise `BlockingIOError`."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
