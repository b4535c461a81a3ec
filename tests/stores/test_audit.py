"""The audit trail on both engines."""

import pytest

from gatelodge.stores import audit
from gatelodge.stores.audit import AuditEntry
from gatelodge.telemetry.events import (
    Actor,
    AuthorizationAnswered,
    ClientDisabled,
    Origin,
    SignedIn,
    TokenRefreshed,
)

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORIGIN = Origin("request-1", "192.0.2.1")


def recording(database, event, now=NOW):
    return database.write(audit.record, event, ORIGIN, now)


async def test_an_event_is_recorded_with_whom_whence_and_what(database):
    await recording(database, TokenRefreshed(client_id="web1", user_id=7, generation=3, repeated=True))

    (entry,) = await database.read(audit.list_recent, 10)

    detail: dict[str, object] = {"generation": 3, "repeated": True}
    assert entry == AuditEntry(
        entry.id, NOW, "token_refreshed", "web1", 7, "request-1", "192.0.2.1", Actor("client", "web1"), detail
    )


async def test_an_event_that_does_not_belong_there_is_not_recorded(database):
    before = database.statements

    await recording(database, AuthorizationAnswered(client_id="web1", response_type="code", scope="openid"))

    assert database.statements == before
    assert await database.read(audit.list_recent, 10) == []


async def test_the_trail_is_read_newest_first(database):
    for second in range(5):
        await recording(database, ClientDisabled(client_id=f"web{second}"), NOW + second)

    newest = await database.read(audit.list_recent, 4)

    assert [entry.client_id for entry in newest] == ["web4", "web3", "web2", "web1"]


async def test_HTTP_10_what_an_attacker_sends_is_kept_as_data(database):
    evil = 'x"\n{"level":"info"}\x1b[2J\'); drop table audit;--'

    await recording(database, SignedIn(client_id=evil, amr=evil, sid="s"))

    (entry,) = await database.read(audit.list_recent, 10)
    assert (entry.client_id, entry.detail) == (evil, {"amr": evil, "sid": "s"})
