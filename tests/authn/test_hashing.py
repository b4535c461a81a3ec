"""Passwords are hashed in a bounded pool of threads that give way."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters

from gatelodge.authn.hashing import MAX_PASSWORD, Argon2, PasswordPool
from gatelodge.clock import SystemEntropy
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Unavailable

pytestmark = pytest.mark.anyio

CHEAP = SignInPolicy(argon2_memory_kib=64, argon2_passes=1, hash_workers=1, hash_queue=2)


@pytest.fixture
def pool() -> Iterator[PasswordPool]:
    pool = PasswordPool(CHEAP, SystemEntropy())
    yield pool
    pool.close()


async def test_a_password_proves_itself_and_no_other_does(pool: PasswordPool) -> None:
    stored = await pool.hash("wonderland")
    assert stored.startswith("$argon2id$")
    assert "wonderland" not in stored
    assert await pool.verify(stored, "wonderland")
    for wrong in ("", "Wonderland", "wonderland ", "wonderlan", "wonderland\0"):
        assert not await pool.verify(stored, wrong)


async def test_the_same_password_is_never_the_same_hash(pool: PasswordPool) -> None:
    assert await pool.hash("wonderland") != await pool.hash("wonderland")


def test_ASVS_6_3_8_nobodys_hash_is_checked_with_the_parameters_of_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    argon2, checked = Argon2(CHEAP, SystemEntropy()), list[str]()

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(str(hash))
            return super().verify(hash, password)

    somebodys = argon2.hash(b"wonderland")
    monkeypatch.setattr(argon2, "_hasher", Watched())
    assert not argon2.proves(None, b"wonderland")
    assert not argon2.proves(None, b"")
    assert [extract_parameters(stored) for stored in checked] == [extract_parameters(somebodys)] * 2


async def test_a_hash_that_is_broken_proves_nothing(pool: PasswordPool) -> None:
    for stored in ("x", "$argon2id$v=19$m=64,t=1,p=1$x$y", "$2b$12$abcdefghijklmnopqrstuv"):
        assert not await pool.verify(stored, "wonderland")


async def test_composed_and_decomposed_characters_are_the_same_password(pool: PasswordPool) -> None:
    stored = await pool.hash("cafe\N{COMBINING ACUTE ACCENT}-zoo")
    assert await pool.verify(stored, "caf\N{LATIN SMALL LETTER E WITH ACUTE}-zoo")


async def test_ASVS_6_2_8_characters_that_only_look_alike_are_another_password(pool: PasswordPool) -> None:
    stored = await pool.hash("file-ab")
    for look_alike in ("\N{LATIN SMALL LIGATURE FI}le-ab", "file-\N{FULLWIDTH LATIN SMALL LETTER A}b", "FILE-AB"):
        assert not await pool.verify(stored, look_alike)


async def test_a_password_may_have_1024_bytes_and_no_more(pool: PasswordPool) -> None:
    longest = "ä" * (MAX_PASSWORD // 2)
    stored = await pool.hash(longest)
    assert await pool.verify(stored, longest)
    assert not await pool.verify(stored, longest + "x")
    with pytest.raises(ValueError, match="1024 bytes"):
        await pool.hash(longest + "x")


async def test_a_password_that_is_not_text_is_wrong(pool: PasswordPool) -> None:
    assert not await pool.verify(await pool.hash("x"), "\ud800")


async def test_a_hash_of_other_parameters_still_proves_and_is_outdated(pool: PasswordPool) -> None:
    older = PasswordHasher(2, 128, parallelism=1).hash("wonderland")
    assert await pool.verify(older, "wonderland")
    assert pool.outdated(older)
    assert not pool.outdated(await pool.hash("wonderland"))


async def test_HTTP_08_the_queue_is_bounded_and_says_when_to_come_back(pool: PasswordPool) -> None:
    with pool.slot(), pool.slot(), pool.slot():
        with pytest.raises(Unavailable) as full, pool.slot():
            pass
        assert full.value.retry_after >= 1
    assert await pool.verify(await pool.hash("x"), "x")


async def test_HTTP_08_of_200_at_once_as_many_are_hashed_as_there_are_places(pool: PasswordPool) -> None:
    stored = await pool.hash("wonderland")
    outcomes = await asyncio.gather(*(pool.verify(stored, "wonderland") for _ in range(200)), return_exceptions=True)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Unavailable)] == [True, True, True]


async def test_a_place_is_given_back_by_who_went_away(pool: PasswordPool) -> None:
    stored = await pool.hash("wonderland")
    for _ in range(10):
        leaving = asyncio.ensure_future(pool.verify(stored, "wonderland"))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    assert await pool.verify(stored, "wonderland")


async def test_hashing_never_stops_the_event_loop() -> None:
    pool = PasswordPool(SignInPolicy(), SystemEntropy())
    hashing = asyncio.ensure_future(pool.hash("wonderland"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    pool.close()
    assert turns > 100


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a niceness of its own")
def test_hashing_threads_are_nicer_than_the_rest(pool: PasswordPool) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    threads: ThreadPoolExecutor = pool._threads
    theirs = threads.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result()
    assert theirs > mine
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine
