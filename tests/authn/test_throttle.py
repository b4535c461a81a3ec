"""Guesses are counted before they are checked: per account, per known browser, per address, on both engines."""

import pytest

from gatelodge.authn.throttle import Full, Guess, Throttle
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Database
from gatelodge.mail.letters import Letters

pytestmark = pytest.mark.anyio

POLICY = SignInPolicy(account_failures=3, address_failures=6, window=900)
ALICES_LAPTOP, ALICES_PHONE = b"laptop", b"phone"


class Guesser:
    """Makes attempts and says how each was received: `None` if it may be tried."""

    def __init__(self, database: Database, clock) -> None:
        self.throttle = Throttle(b"key", POLICY, Letters(None))
        self.database = database
        self.clock = clock

    async def full(
        self, subject: str = "alice", browser: bytes | None = None, address: str = "192.0.2.1", factor: str = "password"
    ) -> Full | None:
        attempt = Guess(factor, subject, browser, address)
        return await self.database.write(self.throttle.admit, attempt, self.clock.now())

    async def tries(self, count: int, **attempt) -> list[bool]:
        return [await self.full(**attempt) is None for _ in range(count)]

    async def forgive(self, subject: str = "alice", browser: bytes | None = None, address: str = "192.0.2.1") -> None:
        await self.database.write(self.throttle.forgive, Guess("password", subject, browser, address), self.clock.now())


@pytest.fixture
def guesser(database: Database, clock) -> Guesser:
    return Guesser(database, clock)


async def test_ACC_02_strangers_have_so_many_tries_at_an_account(guesser: Guesser) -> None:
    assert await guesser.tries(5) == [True, True, True, False, False]
    assert await guesser.tries(1, subject="bob") == [True]


async def test_ACC_02_changing_the_address_gives_no_more_tries_at_an_account(guesser: Guesser) -> None:
    tried = [(await guesser.tries(1, address=f"192.0.2.{n}"))[0] for n in range(5)]
    assert tried == [True, True, True, False, False]


async def test_ACC_02_changing_the_account_gives_an_address_no_more_tries(guesser: Guesser) -> None:
    tried = [(await guesser.tries(1, subject=f"user{n}"))[0] for n in range(8)]
    assert tried == [True] * 6 + [False] * 2


async def test_ACC_02_an_ipv6_subscriber_is_one_address(guesser: Guesser) -> None:
    tried = [(await guesser.tries(1, subject=f"user{n}", address=f"2001:db8::{n}:1"))[0] for n in range(8)]
    assert tried == [True] * 6 + [False] * 2
    assert await guesser.tries(1, subject="other", address="2001:db8:0:1::1") == [True]


async def test_ACC_04_strangers_cannot_lock_out_a_browser_the_account_knows(guesser: Guesser) -> None:
    await guesser.tries(50)
    assert await guesser.tries(4, browser=ALICES_LAPTOP) == [True, True, True, False]


async def test_ACC_04_a_blocked_address_harms_no_account_any_more(guesser: Guesser) -> None:
    for n in range(6):
        await guesser.tries(1, subject=f"user{n}")
    assert await guesser.tries(5) == [False] * 5
    assert await guesser.tries(1, address="192.0.2.2") == [True]


async def test_known_browsers_are_counted_apart_and_then_together(guesser: Guesser) -> None:
    assert await guesser.tries(4, browser=ALICES_LAPTOP) == [True, True, True, False]
    assert await guesser.tries(1, browser=ALICES_PHONE) == [True]
    for n in range(20):
        await guesser.tries(3, browser=b"stolen" + bytes([n]))
    full = await guesser.full(browser=b"another")
    assert full is not None
    assert full.kind == "browsers"


async def test_a_right_password_takes_back_its_own_try_and_no_other(guesser: Guesser) -> None:
    assert await guesser.tries(2) == [True, True]
    for _ in range(10):
        assert await guesser.tries(1) == [True]
        await guesser.forgive()
    assert await guesser.tries(2) == [True, False]


async def test_signing_in_to_an_account_of_ones_own_buys_no_tries_at_another(guesser: Guesser) -> None:
    for _ in range(3):
        await guesser.tries(1)
        await guesser.tries(1, subject="mallory")
        await guesser.forgive("mallory")
    assert await guesser.tries(1) == [False]
    assert await guesser.tries(5, subject="bob") == [True, True, False, False, False]


async def test_a_right_password_clears_the_known_browsers_counter_alone(guesser: Guesser) -> None:
    await guesser.tries(3, browser=ALICES_LAPTOP)
    await guesser.tries(3, browser=ALICES_PHONE)
    await guesser.forgive(browser=ALICES_LAPTOP)
    assert await guesser.tries(3, browser=ALICES_LAPTOP) == [True, True, True]
    assert await guesser.tries(1, browser=ALICES_PHONE) == [False]


async def test_a_full_counter_says_which_when_and_whether_it_is_the_first_time(guesser: Guesser) -> None:
    await guesser.tries(3)
    guesser.clock.advance(100)
    assert await guesser.full() == Full("account", first=True, retry_after=800)
    assert await guesser.full() == Full("account", first=False, retry_after=800)


async def test_the_window_ends_however_often_it_is_tried_meanwhile(guesser: Guesser) -> None:
    await guesser.tries(10)
    guesser.clock.advance(POLICY.window - 1)
    assert await guesser.tries(1) == [False]
    guesser.clock.advance(1)
    assert await guesser.tries(1) == [True]


async def test_ACC_13_each_factor_has_a_counter_of_its_own(guesser: Guesser) -> None:
    await guesser.tries(4)
    assert await guesser.tries(1, factor="totp") == [True]


async def test_what_was_typed_cannot_be_read_off_the_counters(guesser: Guesser) -> None:
    await guesser.tries(1, subject="alice@example.org")
    kept = repr(await guesser.database.read(_everything))
    assert "alice" not in kept
    assert "192.0.2.1" not in kept


async def _everything(tx):
    return await tx.all("select bucket, count, resets_at from throttle")
