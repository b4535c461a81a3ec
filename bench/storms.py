"""What goes on beside the pages: hashes alone, tokens while many sign in, and a sweep that removes what is over."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from statistics import median

from bench.browser import Browser
from bench.http import Http
from bench.machine import Cores
from bench.processes import Processes
from bench.subject import ES256, PASSWORD, Facts
from gatelodge.authn.hashing import Argon2
from gatelodge.clock import SystemEntropy
from gatelodge.config.policies import DatabasePolicy, RetentionPolicy, SignInPolicy
from gatelodge.database.engines import open_database
from gatelodge.stores import sweep

_SIGN_INS = 20
_SECONDS = 10.0
_HASHES = 60
_NICE = 10  # as the threads that hash are: see authn/hashing.py


def bare_hash_us(core: int) -> float:
    """Return the processor time of checking one password in microseconds: on the server's core, as nice as there."""
    times = list[float]()

    def check() -> None:
        os.sched_setaffinity(0, {core})  # of this thread alone, and so is its niceness
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        argon2 = Argon2(SignInPolicy(), SystemEntropy())
        stored = argon2.hash(PASSWORD.encode())
        for _ in range(_HASHES):
            began = time.thread_time()
            argon2.proves(stored, PASSWORD.encode())
            times.append((time.thread_time() - began) * 1e6)

    hashing = threading.Thread(target=check)
    hashing.start()
    hashing.join()
    return median(times)


def tokens_beside(facts: Facts, names: Sequence[str]) -> str:
    """Say how long a token takes while twenty people sign in without pause."""
    over, signed_in, took = threading.Event(), list[str](), list[float]()

    def sign_in(number: int) -> None:
        while not over.is_set():
            browser = Browser(facts)
            form = browser.open_sign_in()
            browser.submit(form, names[(number * 7919 + len(signed_in)) % len(names)])
            signed_in.append("")

    people = [threading.Thread(target=sign_in, args=(number,), daemon=True) for number in range(_SIGN_INS)]
    for one in people:
        one.start()
    http, ends = Http(facts.base), time.monotonic() + _SECONDS
    form = {"grant_type": "client_credentials", "scope": ES256.scope, "resource": ES256.identifier}
    while time.monotonic() < ends:
        began = time.perf_counter()
        http.post(facts.paths.token, form, {"Authorization": facts.daemon.authorization}).text("access_token")
        took.append((time.perf_counter() - began) * 1e3)
        time.sleep(0.01)
    over.set()
    for one in people:
        one.join(30)
    took.sort()
    rate, p99 = len(signed_in) / _SECONDS, took[-len(took) // 100]
    return f"{rate:.0f} sign-ins a second, beside them a token p50 {median(took):.0f} ms, p99 {p99:.0f} ms"


def purge_beside(processes: Processes, url: str, cores: Cores, meanwhile: Callable[[], str]) -> str:
    """Sweep all that is over in a process of its own on the server's core, and say what a page costs meanwhile."""
    code = f"from bench.storms import purge; purge({url!r})"
    process = processes.start("purge", [sys.executable, "-c", code], core=cores.server)
    told = meanwhile()
    ran_through = process.poll() is None
    process.wait(600)
    said = processes.log("purge").read_text().strip().splitlines()[-1]
    return f"sign-in page beside a sweep {told}{'' if ran_through else ' (which ended before)'}\n{said}"


def purge(url: str) -> None:
    """Sweep once and print what went."""
    asyncio.run(_purge(url))


async def _purge(url: str) -> None:
    db = open_database(DatabasePolicy(url=url))
    await db.start()
    began, used = time.monotonic(), time.process_time()
    removed = await sweep.purge(db, int(time.time()), RetentionPolicy())
    rows, seconds, cpu = sum(removed.values()), time.monotonic() - began, time.process_time() - used
    print(f"swept {rows:,} rows in {seconds:.0f} s, {rows / seconds:,.0f} a second, {cpu:.1f} s of processor time")
    await db.close()
