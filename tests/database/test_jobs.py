"""The queue in front of an engine, with a loop whose clock is moved by hand: who is answered, refused, told nothing."""

from asyncio import Future, get_running_loop
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gatelodge.database import jobs
from gatelodge.database.jobs import BodyRun, Job, Waiting
from gatelodge.database.tx import ForeignAwait, Statement, Tx, Unavailable

pytestmark = pytest.mark.anyio

DEADLINE = 10.0


@dataclass
class Alarm:
    at: float
    ring: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class HandMovedLoop:
    """Futures are real; time passes when a test says so."""

    now: float = 100.0
    alarms: list[Alarm] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def create_future(self) -> Future[Any]:
        return get_running_loop().create_future()

    def call_at(self, at: float, ring: Callable[[], None]) -> Alarm:
        self.alarms.append(Alarm(at, ring))
        return self.alarms[-1]

    def pass_to(self, now: float) -> None:
        self.now = now
        due = [alarm for alarm in self.alarms if alarm.at <= now and not alarm.cancelled]
        self.alarms = [alarm for alarm in self.alarms if alarm not in due]
        for alarm in due:
            alarm.ring()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> HandMovedLoop:
    moved = HandMovedLoop()
    monkeypatch.setattr(jobs, "get_running_loop", lambda: moved)
    return moved


async def body(tx: Tx, closed: list[str]) -> int:
    try:
        return await tx.run("delete from seen")
    finally:
        closed.append("closed")


def run_of(closed: list[str] | None = None) -> BodyRun:
    return BodyRun(Tx(), body, ([] if closed is None else closed,), {})


def reason(job: Job) -> str:
    assert job.future.done()
    return str(cast(Unavailable, job.future.exception()))


async def test_each_job_is_refused_at_its_own_deadline_whether_it_waits_or_is_run(loop: HandMovedLoop):
    waiting = Waiting(limit=10, deadline=DEADLINE)
    first = waiting.admit(run_of())
    loop.now += 3
    second, batch = waiting.admit(run_of()), waiting.take(1)
    loop.now += 3
    third = waiting.admit(run_of())
    assert ([one.at for one in loop.alarms], batch, len(waiting)) == ([110], [first], 3)

    loop.pass_to(110)
    assert reason(first) == "the database did not answer in time"
    assert not second.future.done()
    loop.pass_to(113)
    assert (reason(second), third.future.done()) == ("the database did not take it up in time", False)
    waiting.unattended = "the database cannot be reached"
    loop.pass_to(116)
    assert (reason(third), loop.alarms) == ("the database cannot be reached", [])
    waiting.done(batch)
    assert len(waiting) == 0

    late = waiting.admit(run_of())
    assert [one.at for one in loop.alarms] == [126], "the next job sets an alarm again"
    late.future.cancel()
    assert (waiting.take(5), len(waiting)) == ([], 0), "who has gone is not run"


async def test_a_full_queue_and_a_closed_one_admit_nothing_and_no_alarm_outlives_it(loop: HandMovedLoop):
    waiting = Waiting(limit=2, deadline=DEADLINE)
    queued, running = waiting.admit(run_of()), waiting.admit(run_of())
    with pytest.raises(Unavailable, match="full"):
        waiting.admit(run_of())
    batch = waiting.take(1)
    assert batch == [queued]
    waiting.refuse_queued("first")
    assert (reason(running), queued.future.done(), len(waiting)) == ("first", False, 1)
    last = waiting.admit(run_of())
    waiting.abandon("second")
    assert (reason(queued), reason(last), len(waiting)) == ("second", "second", 1)
    waiting.done(batch)
    waiting.admit(run_of())
    waiting.close()
    assert all(alarm.cancelled for alarm in loop.alarms)
    assert loop.alarms
    with pytest.raises(Unavailable, match="closed"):
        waiting.admit(run_of())
    Waiting(limit=1, deadline=DEADLINE).close()


async def test_who_was_refused_is_not_answered_later_and_a_batch_that_is_done_is_forgotten(loop: HandMovedLoop):
    waiting = Waiting(limit=10, deadline=DEADLINE)
    job = waiting.admit(run_of())
    batch = waiting.take(10)
    waiting.done(batch)
    job.run.value = 1
    job.refuse("too late")
    job.answer()
    job.refuse("again")
    assert reason(job) == "too late"
    other = waiting.admit(run_of())
    waiting.done(waiting.take(10))
    waiting.abandon("the engine ends")
    assert not other.future.done(), "its caller was answered by who took it"


async def test_a_run_that_is_begun_again_or_fails_leaves_nothing_open():
    closed: list[str] = []
    run = run_of(closed)
    assert isinstance(run.begin(), Statement)
    assert isinstance(run.begin(), Statement)
    assert closed == ["closed"], "the first run was closed before the second"
    run.fail(ForeignAwait("what the engine says"))
    assert closed == ["closed", "closed"]
    assert isinstance(run.error, ForeignAwait)
    run.fail(ForeignAwait("again"))
    assert isinstance(run.begin(), Statement)
    assert (run.resume(7), run.value, run.commits) == (None, 7, True)
    assert closed == ["closed"] * 3
