"""Traces are kept, found and forgotten, on both engines."""

import pytest

from gatelodge.config.policies import DAY, RetentionPolicy
from gatelodge.database.tx import Database
from gatelodge.inspector import traces
from gatelodge.inspector.trace import Happened, Trace
from gatelodge.stores import sweep

pytestmark = pytest.mark.anyio


def trace(number: int, *, refused: bool = False, client_id: str = "web1", endpoint: str = "token") -> Trace:
    return Trace(
        request_id=f"{number:016x}",
        at=1_800_000_000 + number,
        endpoint=endpoint,
        method="POST",
        status=400 if refused else 200,
        client_id=client_id,
        flow="authorization_code",
        sent=("code", "grant_type"),
        happened=(Happened("token_issued", {"grant": "authorization_code"}),),
        error="invalid_grant" if refused else "",
        rule="code.valid" if refused else "",
    )


async def test_a_trace_is_found_as_it_was_kept(rerunning_database: Database):
    kept = [trace(1), trace(2, refused=True)]
    await rerunning_database.write(traces.put_all, kept)

    assert [await rerunning_database.read(traces.find, one.request_id) for one in kept] == kept
    assert await rerunning_database.read(traces.find, "unknown") is None
    assert await rerunning_database.read(traces.count) == 2


async def test_the_newest_are_listed_first_and_can_be_narrowed(database: Database):
    kept = [trace(1), trace(2, refused=True), trace(3, client_id="spa1"), trace(4, endpoint="userinfo", client_id="")]
    await database.write(traces.put_all, kept)

    async def listed(
        limit: int = 10, client_id: str = "", endpoint: str = "", refused: bool | None = None
    ) -> list[int]:
        found = await database.read(traces.list_recent, limit, client_id, endpoint, refused)
        return [int(one.request_id, 16) for one in found]

    assert await listed() == [4, 3, 2, 1]
    assert await listed(2) == [4, 3]
    assert await listed(client_id="web1") == [2, 1]
    assert await listed(endpoint="userinfo") == [4]
    assert await listed(refused=True) == [2]
    assert await listed(refused=False) == [4, 3, 1]
    assert await listed(client_id="' or 1=1 --") == []
    labels = await database.read(traces.labels)
    assert labels == traces.Labels(("spa1", "web1"), ("token", "userinfo"))


async def test_the_oldest_are_forgotten_refusals_and_the_rest_apart(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(traces, "REFUSED", 5)
    monkeypatch.setattr(traces, "ANSWERED", 3)
    for start in range(0, 40, 10):
        await database.write(traces.put_all, [trace(n, refused=n % 2 == 0) for n in range(start, start + 10)])

    found = await database.read(traces.list_recent, 100)
    assert [int(one.request_id, 16) for one in found if one.refused] == [38, 36, 34, 32, 30]
    assert [int(one.request_id, 16) for one in found if not one.refused] == [39, 37, 35]
    await database.write(traces.put_all, [trace(n) for n in range(100, 200)])
    assert len(await database.read(traces.list_recent, 100, refused=True)) == 5


async def test_a_trace_goes_after_about_a_day(database: Database):
    old, young = trace(0), trace(2 * DAY)
    await database.write(traces.put_all, [old, young])
    await sweep.purge(database, young.at, RetentionPolicy())

    assert await database.read(traces.find, old.request_id) is None
    assert await database.read(traces.find, young.request_id) == young
