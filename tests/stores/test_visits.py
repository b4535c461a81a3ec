"""Which application was told of which session, and what goes into the outbox when sessions end."""

import pytest
from tests.holding import begin_session

from gatelodge.protocol.client import Client
from gatelodge.stores import clients, endings, outbox, sessions, visits
from gatelodge.stores.sessions import NewSession
from gatelodge.stores.visits import SessionVisit

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
HEARS = {"shop": "https://shop.test/bye", "desk": "https://desk.test/bye", "deaf": None}


@pytest.fixture
async def begin(database, person):
    """Register three clients, two of which want to hear; begin sessions, each told to clients."""
    for name, uri in HEARS.items():
        client = Client(name, name, "web", "none", backchannel_logout_uri=uri)
        await database.write(clients.add, client, NOW)

    async def begin(user, sid, *told):
        new = NewSession(
            digest=sid.encode().ljust(32),
            sub=user.sub,
            sid=sid,
            auth_time=NOW,
            amr=("pwd",),
            acr="1",
            expires_at=NOW + 9,
        )
        row_id = await database.write(begin_session, user.id, new, NOW)
        for client_id in told:
            await database.write(visits.note, row_id, client_id, NOW)
        return row_id

    return begin


async def told(database):
    """What the outbox has: for whom, and of which session."""
    parcels = await database.read(outbox.due, visits.KIND, NOW, 99)
    assert all(parcel.recipient == visits.read(parcel.payload).client_id for parcel in parcels)
    return sorted((one.client_id, one.sid, one.sub) for one in (visits.read(parcel.payload) for parcel in parcels))


async def test_who_was_told_of_a_session_hears_of_its_end_once_and_of_no_other(database, person, begin):
    alice, bob = await person("alice"), await person("bob")
    await begin(alice, "a1", "shop", "desk", "deaf", "shop")
    await begin(alice, "a2", "shop")
    await begin(bob, "b1", "shop")

    ended = await database.write(endings.end_sessions, alice.id, lambda sid: sid == "a1", NOW)

    assert await told(database) == [("desk", "a1", alice.sub), ("shop", "a1", alice.sub)]
    assert [(one.client_id, one.heard) for one in ended.visits] == [("deaf", False), ("desk", True), ("shop", True)]
    assert (await database.write(endings.end_sessions, alice.id, lambda sid: sid == "a1", NOW)).visits == []
    (left,) = await database.read(visits.of_person, alice.id)
    assert left == SessionVisit("shop", left.generation, alice.sub, "a2", heard=True)


@pytest.mark.parametrize("how", ["disable", "remove", "change_password"])
async def test_ACC_21_whatever_ends_all_of_a_person_tells_of_each_session(database, person, begin, how):
    alice, bob = await person("alice"), await person("bob")
    for sid in ("a1", "a2"):
        await begin(alice, sid, "shop")
    await begin(bob, "b1", "shop")

    await database.write(getattr(endings, how), alice.id, *(("hash",) if how == "change_password" else ()), NOW)

    assert await told(database) == [("shop", "a1", alice.sub), ("shop", "a2", alice.sub)]


async def test_a_body_that_is_run_again_tells_once(rerunning_database, person):
    alice = await person("alice")
    await rerunning_database.write(
        clients.add, Client("shop", "Shop", "web", "none", backchannel_logout_uri="https://a.test"), 0
    )
    new = NewSession(
        digest=b"d" * 32, sub=alice.sub, sid="a1", auth_time=NOW, amr=("pwd",), acr="1", expires_at=NOW + 9
    )
    row_id = await rerunning_database.write(begin_session, alice.id, new, NOW)
    await rerunning_database.write(visits.note, row_id, "shop", NOW)

    await rerunning_database.write(endings.end_sessions, alice.id, lambda _: True, NOW)

    assert await told(rerunning_database) == [("shop", "a1", alice.sub)]


async def test_nobody_is_told_who_may_not_act_or_is_another_client_of_that_name(database, person, begin):
    alice = await person("alice")
    await begin(alice, "a1", "shop", "desk")
    await database.write(clients.set_enabled, "desk", False, NOW)
    await database.write(clients.remove, "shop")
    await database.write(
        clients.add, Client("shop", "Other", "web", "none", backchannel_logout_uri="https://o.test"), NOW
    )

    await database.write(endings.end_all, alice.id, NOW)

    assert await told(database) == []


async def test_no_visit_is_noted_of_a_session_that_is_over_and_it_goes_with_it(database, person, begin):
    alice = await person("alice")
    row_id = await begin(alice, "a1", "shop")
    await database.write(sessions.end_of_person, alice.id, "a1", NOW)
    await database.write(visits.note, row_id, "shop", NOW)

    async def kept(tx):
        return await tx.all("select client_id from visits")

    assert await database.read(kept) == []


async def test_what_an_authorization_asks_of_the_past_says_whether_the_client_was_told(database, person, begin):
    row_id = await begin(await person("alice"), "a1", "shop")

    async def visited(client_id):
        found = await database.read(sessions.find_with_consent, row_id, b"a1".ljust(32), client_id, NOW)
        return found.visited

    assert [await visited(name) for name in ("shop", "desk")] == [True, False]
