"""argon2id in a bounded pool of threads that give way to the event loop.

argon2 releases the interpreter lock, so hashing costs the event loop nothing but the processor; on Linux the threads
are made nicer than it, so on a busy core tokens go first. When every slot of the queue is taken the answer is 503: a
storm of sign-ins can fill the queue, never the memory and never the token endpoint.

A password is what the person typed, normalised to NFC and to nothing else: the same characters typed on another
keyboard are the same password (RFC 8265 4.2), and different characters stay different (ASVS 6.2.8).
"""

import asyncio
import os
import sys
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gatelodge.clock import Entropy
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Unavailable
from gatelodge.keys import foreign_hashes

MAX_PASSWORD = 1024  # bytes of UTF-8

T = TypeVar("T")

_NICER = 10


class Argon2:
    """argon2id with the parameters in force. Each call takes tens of milliseconds: for the pool's threads only."""

    def __init__(self, policy: SignInPolicy, entropy: Entropy) -> None:
        self._hasher = PasswordHasher(policy.argon2_passes, policy.argon2_memory_kib, parallelism=1)
        self._nobodys = _hash_of_nothing(policy, entropy)

    def hash(self, password: bytes) -> str:
        """Return the hash to keep, with its salt and parameters."""
        return self._hasher.hash(password)

    def proves(self, stored: str | None, password: bytes) -> bool:
        """Whether `stored` was made of `password`; `None` takes as long as a wrong one."""
        try:
            if stored is not None and not _is_ours(stored):
                return foreign_hashes.proves(stored, password)
            return self._hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than are in force now, or elsewhere. This alone is quick."""
        return not _is_ours(stored) or self._hasher.check_needs_rehash(stored)


class HashingSlot:
    """A slot of the pool, got from `PasswordPool.slot` and good while that is held."""

    def __init__(self, argon2: Argon2, threads: ThreadPoolExecutor) -> None:
        self._argon2 = argon2
        self._threads = threads

    async def hash(self, password: str) -> str:
        """Return the hash to keep. Raises `ValueError` if the password is longer than `MAX_PASSWORD` bytes."""
        raw = _bytes(password)
        return await self._in_thread(lambda: self._argon2.hash(raw))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `stored` was made of `password`.

        `None`, for an account that does not exist or has no password, takes as long and is `False`. So is and does a
        password that is too long to be right.
        """
        try:
            raw = _bytes(password)
        except ValueError:
            stored, raw = None, b""
        return await self._in_thread(lambda: self._argon2.proves(stored, raw))

    async def _in_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)


class PasswordPool:
    """Threads that hash passwords, as many and with as long a queue as `policy` says."""

    def __init__(self, policy: SignInPolicy, entropy: Entropy) -> None:
        self._argon2 = Argon2(policy, entropy)
        self._threads = ThreadPoolExecutor(policy.hash_workers, "gatelodge-hash", _give_way)
        self._free = policy.hash_workers + policy.hash_queue

    @contextmanager
    def slot(self) -> Generator[HashingSlot]:
        """Hold a slot, before anything else is done for a sign-in. Raises `Unavailable` if none is free."""
        if self._free == 0:
            raise Unavailable("every slot of the password queue is taken", retry_after=2)
        self._free -= 1
        try:
            yield HashingSlot(self._argon2, self._threads)
        finally:
            self._free += 1

    async def hash(self, password: str) -> str:
        """Return the hash to keep of a new password. Raises `ValueError` if it is too long, and `Unavailable`."""
        with self.slot() as slot:
            return await slot.hash(password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is right; as slow for accounts that do not exist. Raises `Unavailable`."""
        with self.slot() as slot:
            return await slot.verify(stored, password)

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than are in force now."""
        return self._argon2.outdated(stored)

    def close(self) -> None:
        """End the threads when they have finished what they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _is_ours(stored: str) -> bool:
    return stored.startswith("$argon2id$")


def _bytes(password: str) -> bytes:
    raw = unicodedata.normalize("NFC", password).encode()
    if len(raw) > MAX_PASSWORD:
        raise ValueError(f"a password has at most {MAX_PASSWORD} bytes")
    return raw


def _hash_of_nothing(policy: SignInPolicy, entropy: Entropy) -> str:
    """Return a hash no password makes, which takes as long to compare as one that was made with `policy`."""
    salt, tag = (b64encode(entropy.bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={policy.argon2_memory_kib},t={policy.argon2_passes},p=1${salt}${tag}"


def _give_way() -> None:
    # On Linux a thread has a niceness of its own; elsewhere this would slow the whole process down.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)
