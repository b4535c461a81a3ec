"""Files that are ours alone: mode 0600, one process at a time, replaced whole."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from gatelodge.client.keeping.contract import StoreRefused, StoreUnavailable

if os.name == "nt":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def make_private(path: Path) -> None:
    """Make a file that only we may read, if there is none. Raises `StoreRefused` if others may read the one there."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        refuse_shared(path)
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from None


def refuse_shared(path: Path) -> None:
    """Raise `StoreRefused` for a file that others than we may read or write, or that is somebody else's."""
    if os.name == "nt":
        return
    status = path.stat()
    if status.st_mode & 0o077:
        raise StoreRefused(f"{path} may be read by others: chmod 600 {path}")
    if status.st_uid not in (os.geteuid(), 0):
        raise StoreRefused(f"{path} is somebody else's")


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Be the only one, of all threads and processes, who is inside for this file."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file so that after any crash either the old or the new one is there.

    The new one is ours from its first byte: never one that somebody put there, nor where a link of theirs leads.
    """
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
