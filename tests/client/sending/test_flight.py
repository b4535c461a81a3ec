"""One fetch at a time, whoever waits for it."""

import asyncio
from threading import Event, Thread

import pytest

from gatelodge.client.sending.flight import Flight

pytestmark = pytest.mark.anyio


class Slow:
    """A fetch that takes until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go, self.times = Event(), Event(), 0

    def __call__(self) -> int:
        self.times += 1
        self.begun.set()
        assert self.go.wait(10)
        return self.times


def started(act: object, results: list[object]) -> Thread:
    def run() -> None:
        try:
            results.append(act())  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results.append(error)

    thread = Thread(target=run)
    thread.start()
    return thread


async def test_threads_and_tasks_share_one_fetch():
    flight, slow, results = Flight[int](), Slow(), list[object]()
    first = started(lambda: flight.run(slow), results)
    assert slow.begun.wait(10)
    second = started(lambda: flight.run(slow), results)

    async def never() -> int:
        raise AssertionError("somebody fetches already")

    tasks = [asyncio.create_task(flight.run_async(never)) for _ in range(5)]
    await asyncio.sleep(0.05)
    assert flight.is_under_way
    slow.go.set()
    assert await asyncio.gather(*tasks) == [1] * 5
    first.join()
    second.join()
    assert (results, slow.times) == ([1, 1], 1)
    assert not flight.is_under_way


async def test_a_failure_is_shared_and_the_next_one_tries_anew():
    flight, times = Flight[int](), list[int]()

    async def fail() -> int:
        times.append(1)
        await asyncio.sleep(0.01)
        raise ValueError("no")

    outcomes = await asyncio.gather(*(flight.run_async(fail) for _ in range(5)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no"] * 5
    assert len(times) == 1
    assert flight.run(lambda: 7) == 7


async def test_who_stops_waiting_stops_nobody_else():
    flight, go = Flight[int](), asyncio.Event()

    async def fetch() -> int:
        await go.wait()
        return 1

    async def never() -> int:
        raise AssertionError("somebody fetches already")

    leader = asyncio.create_task(flight.run_async(fetch))
    await asyncio.sleep(0)
    impatient, patient = (asyncio.create_task(flight.run_async(never)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    go.set()
    assert (await leader, await patient) == (1, 1)
    assert impatient.cancelled()


async def test_a_fetch_outlives_the_one_who_began_it():
    flight, times = Flight[int](), list[int]()

    async def fetch() -> int:
        times.append(1)
        await asyncio.sleep(0.01)
        return len(times)

    leader = asyncio.create_task(flight.run_async(fetch))
    await asyncio.sleep(0)
    others = [asyncio.create_task(flight.run_async(fetch)) for _ in range(3)]
    await asyncio.sleep(0)
    leader.cancel()
    assert await asyncio.gather(*others) == [1] * 3
    assert leader.cancelled()
    assert times == [1]


async def test_a_thread_does_not_wait_for_a_task_that_it_would_stop():
    """Somebody blocks the loop with the sync client while a task of that loop fetches."""
    flight, go = Flight[int](), asyncio.Event()

    async def fetch() -> int:
        await go.wait()
        return 1

    task = asyncio.create_task(flight.run_async(fetch))
    await asyncio.sleep(0.01)
    assert flight.run(lambda: 2) == 2
    go.set()
    assert await task == 1


def test_when_the_loop_of_the_one_who_fetches_ends_another_one_fetches():
    flight, results, begun = Flight[int](), list[object](), Event()

    async def never_ending() -> int:
        begun.set()
        await asyncio.sleep(60)
        return 1

    async def give_up() -> None:
        task = asyncio.create_task(flight.run_async(never_ending))
        await asyncio.to_thread(begun.wait, 10)
        other = started(lambda: flight.run(lambda: 2), results)
        await asyncio.sleep(0.02)
        results.append(other)
        task.cancel()

    asyncio.run(give_up())
    thread, *_ = results
    assert isinstance(thread, Thread)
    thread.join()
    assert results[1:] == [2]


class Standing:
    """An event loop that was left with a fetch under way, as `asyncio.wait_for` in a script leaves one."""

    def __init__(self, flight: Flight[int]) -> None:
        self.loop = asyncio.new_event_loop()
        self.go = asyncio.Event()
        self.leader = self.loop.create_task(flight.run_async(self.fetch))
        self.loop.run_until_complete(asyncio.sleep(0))

    async def fetch(self) -> int:
        await self.go.wait()
        return 1

    def end(self) -> int:
        """Let it run after all."""
        self.go.set()
        try:
            return self.loop.run_until_complete(self.leader)
        finally:
            self.loop.close()


def test_FORK_01_a_loop_that_stands_still_keeps_nobody_waiting():
    flight = Flight[int]()
    standing = Standing(flight)
    assert not flight.is_under_way
    assert flight.run(lambda: 2) == 2

    async def fetch() -> int:
        return 3

    assert asyncio.run(flight.run_async(fetch)) == 3
    assert standing.end() == 1
    assert flight.run(lambda: 4) == 4


def test_FORK_01_a_loop_that_stops_is_not_waited_for():
    """The thread waits already when the loop stops, and nobody ever runs it again."""
    flight, loop, results = Flight[int](), asyncio.new_event_loop(), list[object]()

    async def never_ending() -> int:
        await asyncio.Event().wait()
        return 1

    async def lead() -> Thread:
        leader = asyncio.create_task(flight.run_async(never_ending))
        await asyncio.sleep(0.01)
        results.append(leader)
        return started(lambda: flight.run(lambda: 2), results)

    loop.run_until_complete(lead()).join(60)
    assert results[1:] == [2]
    results[0].cancel()  # type: ignore[attr-defined]
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_FORK_01_nobody_waits_longer_than_anything_takes():
    flight, slow, results = Flight[int](patience=0.3), Slow(), list[object]()
    first = started(lambda: flight.run(slow), results)
    assert slow.begun.wait(10)
    assert flight.run(lambda: 2) == 2

    async def fetch() -> int:
        return 3

    slow.go.set()
    first.join()
    assert results == [1]
    assert asyncio.run(flight.run_async(fetch)) == 3
