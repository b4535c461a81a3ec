"""Codes that people type: they find one ticket, once, and guesses are counted before anything is looked up."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.authn.throttle import Full
from gatelodge.clock import Entropy
from gatelodge.database.tx import Database, Row, Tx
from gatelodge.sessions.typed_codes import LENGTH, LETTERS, Guesser, GuessLimits, TypedCode, TypedCodes, read_code
from gatelodge.stores import tickets

pytestmark = pytest.mark.anyio

LIMITS = GuessLimits(person=3, network=5, everywhere=20, window=600)
HERE = Guesser("192.0.2.1")


@pytest.fixture
def codes(database: Database, clock, entropy: Entropy) -> TypedCodes:
    return TypedCodes(database, clock, entropy, b"k" * 32, LIMITS)


async def shown(codes: TypedCodes, clock, kind: str = "device") -> TypedCode:
    return await codes.put(kind, b"d" * 32, '{"client":"tv"}', clock.now() + 600)


def wrong(number: int) -> str:
    """A code that nobody was given, another for each number."""
    return "BCDF" + "".join(LETTERS[number // 20**place % 20] for place in range(4))


async def guesses(codes: TypedCodes, who: list[Guesser]) -> Counter[str]:
    """Guess all at once and tell how each was received."""
    found = await asyncio.gather(*(codes.guess("device", wrong(n), one) for n, one in enumerate(who)))
    return Counter(one.kind if isinstance(one, Full) else str(one) for one in found)


async def test_a_code_finds_its_ticket_however_it_is_typed(codes: TypedCodes, clock) -> None:
    waiting = await shown(codes, clock)

    for typed in (waiting.code, waiting.shown, waiting.shown.lower(), f" {waiting.code[:3]} {waiting.code[3:]}. "):
        assert await codes.guess("device", typed, HERE) == waiting


async def test_a_code_of_another_kind_or_of_before_finds_nothing(codes: TypedCodes, clock) -> None:
    waiting = await shown(codes, clock)

    assert await codes.guess("kiosk", waiting.code, HERE) is None
    clock.advance(600)
    assert await codes.guess("device", waiting.code, HERE) is None


async def test_of_all_who_answer_what_a_code_led_them_to_one_does(codes: TypedCodes, database: Database, clock) -> None:
    waiting = await shown(codes, clock)
    answers = (database.write(tickets.change, waiting.ticket, f'"{n}"') for n in range(20))

    assert sum(await asyncio.gather(*answers)) == 1
    found = await codes.guess("device", waiting.code, HERE)
    assert isinstance(found, TypedCode)
    assert found.ticket.payload in {f'"{n}"' for n in range(20)}


async def test_parallel_guesses_of_one_network_are_all_counted(codes: TypedCodes) -> None:
    subscriber = [Guesser(f"2001:db8::{n:x}") for n in range(40)]

    assert await guesses(codes, subscriber) == {"None": LIMITS.network, "address": 40 - LIMITS.network}


async def test_parallel_guesses_from_everywhere_are_counted_together(codes: TypedCodes, clock) -> None:
    waiting = await shown(codes, clock)
    everywhere = [Guesser(f"2001:db8:{n:x}::1") for n in range(60)]

    assert await guesses(codes, everywhere) == {"None": LIMITS.everywhere, "everywhere": 60 - LIMITS.everywhere}
    full = await codes.guess("device", waiting.code, Guesser("198.51.100.7"))
    assert full == Full("everywhere", first=False, retry_after=LIMITS.window)


async def test_a_network_that_has_to_wait_uses_up_no_guess_of_others(codes: TypedCodes, clock) -> None:
    waiting = await shown(codes, clock)
    await guesses(codes, [HERE] * 60)

    assert await codes.guess("device", waiting.code, Guesser("198.51.100.7")) == waiting


async def test_who_is_signed_in_is_counted_by_themselves(codes: TypedCodes, clock) -> None:
    waiting = await shown(codes, clock)
    await guesses(codes, [Guesser(f"2001:db8:{n:x}::1") for n in range(60)])

    assert await codes.guess("device", waiting.code, Guesser("2001:db8:1::1", user_id=7)) == waiting
    assert await guesses(codes, [Guesser(f"2001:db8:{n:x}::1", user_id=7) for n in range(9)]) == {
        "None": LIMITS.person,
        "person": 9 - LIMITS.person,
    }


async def test_right_codes_fill_no_counter(codes: TypedCodes, clock) -> None:
    waiting = await shown(codes, clock)

    for _ in range(2 * LIMITS.everywhere):
        assert await codes.guess("device", waiting.code, HERE) == waiting
    assert await guesses(codes, [HERE] * 9) == {"None": LIMITS.network, "address": 9 - LIMITS.network}


async def test_what_cannot_be_a_code_is_not_counted(codes: TypedCodes, database: Database) -> None:
    for typed in ("", "AEIOUAEI", "BCDFGHJ", "BCDFGHJKL", "BCDFGHJ\u212a", "\0" * 8, "B" * 100_000):
        assert await codes.guess("device", typed, HERE) is None

    assert await database.read(rows_of_throttle) == []


async def test_a_code_cannot_be_read_or_tried_out_in_the_database(
    codes: TypedCodes, database: Database, clock, entropy: Entropy
) -> None:
    waiting = await shown(codes, clock)
    other = TypedCodes(database, clock, entropy, b"o" * 32, LIMITS)

    assert waiting.code not in str(await database.read(rows_of_tickets))
    assert await other.guess("device", waiting.code, HERE) is None


async def test_a_code_that_is_in_use_is_drawn_again(database: Database, clock) -> None:
    codes = TypedCodes(database, clock, Repeating(), b"k" * 32, LIMITS)
    first = await codes.put("device", b"d" * 32, "{}", clock.now() + 600)
    second = await codes.put("device", b"e" * 32, "{}", clock.now() + 600)

    assert first.code != second.code


class Repeating:
    """Says everything twice."""

    said = 0

    def bytes(self, count: int) -> bytes:
        self.said += 1
        return bytes([self.said // 2]) * count


async def rows_of_throttle(tx: Tx) -> list[Row]:
    return await tx.all("select count from throttle")


async def rows_of_tickets(tx: Tx) -> list[Row]:
    return await tx.all("select code, digest, payload from tickets")


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_nothing(typed: str) -> None:
    code = read_code(typed)

    assert code is None or (len(code) == LENGTH and set(code) <= set(LETTERS))


async def test_every_letter_comes_up(codes: TypedCodes, clock) -> None:
    drawn = [await codes.put("device", bytes([n]) * 32, "{}", clock.now() + 9) for n in range(60)]

    assert {letter for one in drawn for letter in one.code} == set(LETTERS)
    assert len({one.code for one in drawn}) == len(drawn)
