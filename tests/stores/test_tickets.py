"""Tickets on both engines: spent once, by the one who holds the secret, as what they are."""

import asyncio
from itertools import pairwise

import pytest

from gatelodge.keys.secrets import digest
from gatelodge.protocol.errors import OAuthError
from gatelodge.stores import tickets
from gatelodge.stores.tickets import Ticket

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
SECRET = b"s" * 22
EPOCH = b"epoch-1"
CODE = digest(EPOCH, "code", SECRET)


async def kept(database, kind="code", secret_digest=CODE, payload='{"client_id":"web1"}', expires_at=NOW + 60):
    return await database.write(tickets.put, kind, secret_digest, payload, expires_at)


async def test_a_ticket_is_taken_with_what_was_put_into_it(database):
    row_id = await kept(database)

    taken = await database.write(tickets.take, "code", row_id, CODE, NOW + 1)

    assert taken == Ticket(row_id, "code", NOW + 60, NOW + 1, '{"client_id":"web1"}')


async def test_a_ticket_is_taken_once(database):
    row_id = await kept(database)
    await database.write(tickets.take, "code", row_id, CODE, NOW)

    assert await database.write(tickets.take, "code", row_id, CODE, NOW) is None


async def test_FLT_27_of_fifty_takers_one_wins(database):
    row_id = await kept(database)

    outcomes = await asyncio.gather(*(database.write(tickets.take, "code", row_id, CODE, NOW) for _ in range(50)))

    assert sum(outcome is not None for outcome in outcomes) == 1


@pytest.mark.parametrize(("at", "works"), [(NOW + 59, True), (NOW + 60, False), (NOW + 62, False)])
async def test_CODE_05_a_ticket_works_until_the_second_it_expires(database, at, works):
    row_id = await kept(database)

    assert (await database.write(tickets.take, "code", row_id, CODE, at) is not None) == works


async def test_a_guessed_secret_does_not_spend_the_ticket(database):
    row_id = await kept(database)
    guess = digest(EPOCH, "code", b"g" * 22)

    assert await database.write(tickets.take, "code", row_id, guess, NOW) is None
    assert await database.write(tickets.take, "code", row_id, CODE, NOW) is not None


async def test_the_right_secret_with_another_row_id_finds_nothing(database):
    first = await kept(database)
    second = await kept(database, secret_digest=digest(EPOCH, "code", b"other"))

    assert await database.write(tickets.take, "code", second, CODE, NOW) is None
    assert second > first


KINDS = ["code", "interaction", "pushed_request", "device_code", "email_link"]


@pytest.mark.parametrize(("own", "other"), list(pairwise([*KINDS, KINDS[0]])))
async def test_CODE_08_a_value_of_one_kind_is_refused_as_another_and_not_spent(database, own, other):
    row_id = await kept(database, own, digest(EPOCH, own, SECRET))

    # The slot of the other kind digests the same secret as its own kind; nor may the stored digest itself be enough.
    for presented in (digest(EPOCH, other, SECRET), digest(EPOCH, own, SECRET)):
        assert await database.write(tickets.take, other, row_id, presented, NOW) is None
        assert await database.read(tickets.peek, other, row_id, presented, NOW) is None
        assert await database.write(tickets.rewrite, other, row_id, presented, "{}") is False
    assert await database.write(tickets.take, own, row_id, digest(EPOCH, own, SECRET), NOW) is not None
    for presented in (digest(EPOCH, other, SECRET), digest(EPOCH, own, SECRET)):
        assert await database.read(tickets.find_spent, other, row_id, presented) is None


async def test_FLT_19_a_value_of_another_epoch_is_refused(database):
    row_id = await kept(database, secret_digest=digest(b"epoch-1", "code", SECRET))

    assert await database.write(tickets.take, "code", row_id, digest(b"epoch-2", "code", SECRET), NOW) is None


async def test_another_tickets_row_id_finds_nothing_for_a_secret(database):
    row_id = await kept(database)
    await kept(database, secret_digest=digest(EPOCH, "code", b"other"))

    assert await database.read(tickets.peek, "code", row_id + 1, CODE, NOW) is None
    assert await database.write(tickets.rewrite, "code", row_id + 1, CODE, "{}") is False
    await database.write(tickets.take, "code", row_id, CODE, NOW)
    assert await database.read(tickets.find_spent, "code", row_id + 1, CODE) is None


async def test_a_guess_is_not_peeked_at(database):
    row_id = await kept(database)

    assert await database.read(tickets.peek, "code", row_id, digest(EPOCH, "code", b"guess"), NOW) is None


async def test_peeking_does_not_spend(database):
    row_id = await kept(database)

    assert await database.read(tickets.peek, "code", row_id, CODE, NOW) == Ticket(
        row_id, "code", NOW + 60, None, '{"client_id":"web1"}'
    )
    assert await database.write(tickets.take, "code", row_id, CODE, NOW) is not None


async def test_what_was_spent_or_is_expired_cannot_be_peeked_at(database):
    row_id = await kept(database)

    assert await database.read(tickets.peek, "code", row_id, CODE, NOW + 60) is None
    await database.write(tickets.take, "code", row_id, CODE, NOW)
    assert await database.read(tickets.peek, "code", row_id, CODE, NOW) is None


async def test_CODE_01_a_replay_is_told_from_a_guess(database):
    row_id = await kept(database)
    guess = digest(EPOCH, "code", b"g" * 22)

    assert await database.read(tickets.find_spent, "code", row_id, CODE) is None
    await database.write(tickets.take, "code", row_id, CODE, NOW)
    assert await database.read(tickets.find_spent, "code", row_id, guess) is None
    spent = await database.read(tickets.find_spent, "code", row_id, CODE)
    assert (spent.id, spent.spent_at) == (row_id, NOW)


async def test_an_interaction_goes_on_until_it_is_spent(database):
    secret_digest = digest(EPOCH, "interaction", SECRET)
    row_id = await kept(database, "interaction", secret_digest, "1")

    assert await database.write(tickets.rewrite, "interaction", row_id, secret_digest, "2") is True
    taken = await database.write(tickets.take, "interaction", row_id, secret_digest, NOW)
    assert taken.payload == "2"
    assert await database.write(tickets.rewrite, "interaction", row_id, secret_digest, "3") is False


async def test_a_refusal_after_taking_leaves_the_ticket_spent(database):
    row_id = await kept(database)

    async def take_and_refuse(tx):
        await tickets.take(tx, "code", row_id, CODE, NOW)
        raise OAuthError("invalid_grant", "code_verifier is wrong")

    with pytest.raises(OAuthError):
        await database.write(take_and_refuse)
    assert await database.write(tickets.take, "code", row_id, CODE, NOW) is None


async def test_a_bug_after_taking_leaves_the_ticket_unspent(database):
    row_id = await kept(database)

    async def take_and_stumble(tx):
        await tickets.take(tx, "code", row_id, CODE, NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(take_and_stumble)
    assert await database.write(tickets.take, "code", row_id, CODE, NOW) is not None


@pytest.mark.parametrize("act", ["put", "take"])
async def test_each_act_is_one_statement(database, act):
    row_id = await kept(database)
    before = database.statements

    await (kept(database) if act == "put" else database.write(tickets.take, "code", row_id, CODE, NOW))

    assert database.statements - before == 1


TYPED = digest(EPOCH, "typed", b"WDJBMJHT")


async def typed(database, code=TYPED, secret=SECRET, kind="device", expires_at=NOW + 600):
    return await database.write(tickets.put_typed, kind, digest(EPOCH, kind, secret), code, "{}", expires_at)


async def test_a_ticket_is_found_by_the_code_a_person_types_and_taken_by_its_secret(database):
    row_id = await typed(database)

    found = await database.read(tickets.find_typed, "device", TYPED, NOW)
    assert found == Ticket(row_id, "device", NOW + 600, None, "{}")
    assert await database.write(tickets.change, found, '{"sub":"alice"}')
    assert not await database.write(tickets.change, found, '{"sub":"bob"}')
    taken = await database.write(tickets.take, "device", row_id, digest(EPOCH, "device", SECRET), NOW)
    assert taken is not None
    assert taken.payload == '{"sub":"alice"}'
    assert not await database.write(tickets.change, taken, '{"sub":"bob"}')


@pytest.mark.parametrize(("kind", "at"), [("mail", NOW), ("device", NOW + 600)])
async def test_a_typed_code_of_another_kind_or_of_before_finds_nothing(database, kind, at):
    await typed(database)

    assert await database.read(tickets.find_typed, kind, TYPED, at) is None


async def test_a_ticket_is_marked_as_seen_twice_once_and_tells_what_came_of_it(database):
    row_id = await typed(database)
    taken = await database.write(tickets.take, "device", row_id, digest(EPOCH, "device", SECRET), NOW)
    assert not await database.write(tickets.note, taken, '"a family"')

    marked = await database.write(tickets.mark_repeated, row_id, NOW)
    assert marked == Ticket(row_id, "device", NOW + 600, NOW, '"a family"')
    assert await database.write(tickets.mark_repeated, row_id, NOW) is None
    assert await database.write(tickets.note, taken, '"another"')


async def test_no_two_tickets_have_one_code(database):
    assert await typed(database) is not None
    assert await typed(database, secret=b"t" * 22) is None
    assert await typed(database, code=digest(EPOCH, "typed", b"BCDFGHJK"), secret=b"t" * 22) is not None
    await database.write(tickets.end_typed, "device", TYPED, NOW)
    assert await typed(database, secret=b"u" * 22) is not None


async def test_a_typed_code_of_a_ticket_that_was_spent_still_says_so(database):
    row_id = await typed(database)
    await database.write(tickets.take, "device", row_id, digest(EPOCH, "device", SECRET), NOW)

    found = await database.read(tickets.find_typed, "device", TYPED, NOW)
    assert found is not None
    assert found.spent_at == NOW
