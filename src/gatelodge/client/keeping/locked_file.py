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
    """Raise `StoreRefused` for a file that others than its owner may read or write."""
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise StoreRefused(f"{path} may be read by others: chmod 600 {path}")


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
    """Write a file so that after any crash either the old or the new one is there."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
