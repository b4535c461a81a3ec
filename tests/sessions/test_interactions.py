"""A parked request belongs to the browser that began it, on both engines."""

from dataclasses import replace

import pytest

from gatelodge.clock import Entropy
from gatelodge.database.tx import Database, Row, Tx
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.progress import ConsentAnswer, Progress
from gatelodge.sessions.browser import BrowserId
from gatelodge.sessions.interactions import KIND, Interaction, Interactions, Past

MINT = Mint(b"epoch", b"m" * 32)

pytestmark = pytest.mark.anyio

AUTHORIZATION = "authorization"
LIFETIME = 1_800
MEMORY = 7_200
ALICES, MALLORYS = BrowserId("alices-browser", ()), BrowserId("mallorys-browser", ())
BEGUN = Progress()


@pytest.fixture
def interactions(database: Database, clock, entropy: Entropy) -> Interactions:
    return Interactions(database, MINT, clock, entropy, LIFETIME, MEMORY)


async def park(interactions: Interactions, browser: BrowserId = ALICES) -> Interaction:
    return await interactions.park(AUTHORIZATION, "client_id=web1&state=%22%C3%A9", browser)


async def test_a_parked_request_comes_back_as_it_was(interactions: Interactions) -> None:
    parked = await park(interactions)
    assert (parked.params, parked.progress) == ("client_id=web1&state=%22%C3%A9", BEGUN)
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) == parked


async def test_what_happened_to_it_comes_back_whole(interactions: Interactions) -> None:
    parked = await park(interactions)
    consent = ConsentAnswer("sub", ("openid", "email"), ("openid",), ("https://api.test",))
    done = replace(parked, progress=replace(BEGUN.choose("sub").answer(consent), refused=True))
    await interactions.save(done, ALICES)
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) == done


async def test_HTTP_11_what_was_asked_for_cannot_be_read_in_the_database(
    interactions: Interactions, database: Database
) -> None:
    parked = await interactions.park(AUTHORIZATION, "client_id=web1&id_token_hint=eyJhbGciOi", ALICES)
    await interactions.save(replace(parked, progress=BEGUN.refuse()), ALICES)
    kept = await database.read(all_tickets)
    assert kept
    assert "web1" not in str(kept)
    assert "eyJ" not in str(kept)


async def all_tickets(tx: Tx) -> list[Row]:
    return await tx.all("select payload from tickets")


async def test_AZ_19_another_browsers_request_does_not_exist(interactions: Interactions) -> None:
    parked = await park(interactions)
    assert await interactions.resume(AUTHORIZATION, parked.handle, MALLORYS) is None


async def test_AZ_20_the_one_who_began_it_cannot_have_the_victim_finish_it(interactions: Interactions) -> None:
    lured = await park(interactions, MALLORYS)
    assert await interactions.resume(AUTHORIZATION, lured.handle, ALICES) is None
    assert await interactions.resume(AUTHORIZATION, lured.handle, MALLORYS) == lured


async def test_AZ_21_two_requests_in_one_browser_do_not_mix(
    interactions: Interactions, database: Database, clock
) -> None:
    one, other = await park(interactions), await park(interactions)
    await interactions.save(replace(one, progress=BEGUN.refuse()), ALICES)
    assert await database.write(interactions.take_in, one, clock.now())
    assert await interactions.resume(AUTHORIZATION, other.handle, ALICES) == other


async def test_it_is_answered_once(interactions: Interactions, database: Database, clock) -> None:
    parked = await park(interactions)
    assert [await database.write(interactions.take_in, parked, clock.now()) for _ in range(3)] == [True, False, False]
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) is None
    await interactions.save(parked, ALICES)
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) is None


async def test_what_waits_is_of_one_kind(interactions: Interactions, clock) -> None:
    parked = await park(interactions)
    assert await interactions.resume("another", parked.handle, ALICES) is None
    assert await interactions.resume(None, parked.handle, ALICES) == parked
    clock.advance(LIFETIME)
    assert await interactions.recall("another", parked.handle, ALICES) is None
    assert await interactions.recall(None, parked.handle, MALLORYS) is None
    assert await interactions.recall(AUTHORIZATION, parked.handle, ALICES) == Past(AUTHORIZATION, parked.params, False)


async def test_it_expires(interactions: Interactions, database: Database, clock) -> None:
    parked = await park(interactions)
    clock.advance(LIFETIME - 1)
    await interactions.save(parked, ALICES)
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) is not None
    clock.advance(1)
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) is None
    assert not await database.write(interactions.take_in, parked, clock.now())


async def test_a_guess_finds_nothing(interactions: Interactions) -> None:
    parked = await park(interactions)
    guess = MINT.compose(parked.row_id, b"g" * SECRET_BYTES)
    for handle in ("", "x", parked.handle[:-1], parked.handle + "A", guess):
        assert await interactions.resume(AUTHORIZATION, handle, ALICES) is None


async def test_CODE_08_no_other_ticket_is_taken_for_one(
    interactions: Interactions, database: Database, clock, entropy: Entropy
) -> None:
    parked = await park(interactions)
    restored = Interactions(database, Mint(b"restored", b"m" * 32), clock, entropy, LIFETIME, MEMORY)
    assert await restored.resume(AUTHORIZATION, parked.handle, ALICES) is None
    await database.write(_rename, parked.row_id)
    assert await interactions.resume(AUTHORIZATION, parked.handle, ALICES) is None


async def test_neither_handle_nor_browser_can_be_read_off_the_record(
    interactions: Interactions, database: Database
) -> None:
    parked = await park(interactions)
    kept = repr(await database.read(_everything))
    assert ALICES.secret not in kept
    assert parked.handle not in kept


async def _rename(tx, row_id: int) -> None:
    assert KIND != "code"
    await tx.run("update tickets set kind = 'code' where id = $1", row_id)


async def _everything(tx):
    return await tx.all("select digest, kind, payload from tickets")
