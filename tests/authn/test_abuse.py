"""Guessing for long, at many names, from many networks; and what the owner hears of it, on both engines."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.conftest import FakeClock
from tests.world import config_for, open_world

from gatelodge.authn.contract import SignInRefused
from gatelodge.authn.factor_guesses import FactorGuesses
from gatelodge.authn.throttle import Full, Guess, Throttle
from gatelodge.config.policies import DAY, DatabasePolicy, SignInPolicy
from gatelodge.database.tx import Database
from gatelodge.mail.letters import Letters
from gatelodge.stores import audit, outbox, users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

POLICY = SignInPolicy(address_failures=1_000, network_names=30)
HOUR = 3_600
LAPTOP = b"laptop"


class Botnet:
    """Guesses that are all wrong unless it is said that one was right."""

    def __init__(self, database: Database, clock: FakeClock, policy: SignInPolicy = POLICY) -> None:
        self.throttle = Throttle(b"key", policy, Letters(None))
        self.database = database
        self.clock = clock

    async def full(self, subject: str, address: str = "192.0.2.1", browser: bytes | None = None) -> Full | None:
        attempt = Guess("password", subject, browser, address)
        return await self.database.write(self.throttle.admit, attempt, self.clock.now())

    async def succeeds(self, subject: str, address: str = "192.0.2.1") -> None:
        assert await self.full(subject, address) is None
        attempt = Guess("password", subject, None, address)
        await self.database.write(self.throttle.forgive, attempt, self.clock.now())

    async def persist(self, seconds: int, browser: bytes | None = None) -> list[int]:
        """Guess at alice as often as the answer allows, for so long; return after which seconds it was told to wait."""
        until, begun, waits = self.clock.now() + seconds, self.clock.now(), [0]
        self.tried = 0
        while self.clock.now() < until:
            full = await self.full("alice", f"198.51.100.{self.tried % 250}", browser)
            if full is None:
                self.tried += 1
            else:
                self.clock.advance(full.retry_after)
                waits.append(self.clock.now() - begun)
        return [after - before for before, after in pairwise(waits)]


@pytest.fixture
def botnet(database: Database, clock: FakeClock) -> Botnet:
    return Botnet(database, clock)


@pytest.mark.parametrize("browser", [None, LAPTOP], ids=["strangers", "a stolen known browser"])
async def test_ACC_02_windows_grow_so_a_day_of_guessing_is_a_hundred_tries(
    botnet: Botnet, browser: bytes | None
) -> None:
    waits = await botnet.persist(8 * DAY, browser)

    assert waits[:10] == [900] * 3 + [HOUR] * 3 + [6 * HOUR] * 4
    assert set(waits[10:]) == {DAY}
    assert botnet.tried == 10 * len(waits)


async def test_ACC_02_parallel_guesses_grow_the_window_by_what_was_tried_alone(botnet: Botnet) -> None:
    for tried in (10, 20, 30):
        answers = await asyncio.gather(*(botnet.full("alice", f"192.0.2.{n}") for n in range(80)))
        waits = [full.retry_after for full in answers if full is not None]
        assert (len(waits), set(waits)) == (70, {900}), tried
        botnet.clock.advance(900)
    assert await botnet.full("alice") is None
    assert await resets(botnet) == HOUR


async def test_ACC_04_a_quiet_day_makes_a_grown_window_short_again(botnet: Botnet) -> None:
    await botnet.persist(2 * HOUR)
    full = [await botnet.full("alice") for _ in range(11)][-1]
    assert full is not None
    assert full.retry_after == HOUR
    botnet.clock.advance(HOUR + DAY)
    assert await botnet.full("alice") is None
    assert await resets(botnet) == 900


async def test_ACC_04_a_grown_window_keeps_no_known_browser_out(botnet: Botnet) -> None:
    await botnet.persist(3 * DAY)
    while await botnet.full("alice") is None:
        pass
    assert await botnet.full("alice", browser=LAPTOP) is None


async def test_FLT_26_a_clock_that_jumped_far_ahead_and_back_grows_no_window(botnet: Botnet) -> None:
    await botnet.persist(3 * DAY)
    botnet.clock.advance(-3 * DAY - 30 * DAY)
    assert await botnet.full("alice") is None
    assert await resets(botnet) == 900


async def test_ACC_02_right_passwords_take_back_their_part_of_the_growth(botnet: Botnet) -> None:
    for _ in range(120):
        await botnet.succeeds("alice")
    waits = await botnet.persist(1_000)
    assert waits[:2] == [900, 900]


async def test_ACC_02_thirty_names_close_a_network_for_passwords(botnet: Botnet) -> None:
    tried = [await botnet.full(f"user{n}") for n in range(32)]
    assert tried[:30] == [None] * 30
    assert tried[30:] == [Full("names", first=True, retry_after=600), Full("names", first=False, retry_after=600)]
    assert await botnet.full("user0") == Full("names", first=False, retry_after=600)
    assert await botnet.full("user31", "192.0.2.2") is None
    botnet.clock.advance(600)
    assert await botnet.full("user31") is None


async def test_ACC_02_names_that_are_tried_at_once_are_all_counted(botnet: Botnet) -> None:
    tried = await asyncio.gather(*(botnet.full(f"user{n}") for n in range(90)))
    assert [full.kind for full in tried if full is not None] == ["names"] * 60
    assert [full.first for full in tried if full is not None].count(True) == 1


async def test_ACC_02_one_name_tried_often_is_one_name(botnet: Botnet) -> None:
    for n in range(5):
        for _ in range(9):
            assert await botnet.full(f"user{n}") is None


async def test_ACC_04_a_closed_network_is_open_to_browsers_that_are_known(botnet: Botnet) -> None:
    for n in range(31):
        await botnet.full(f"user{n}")
    assert await botnet.full("alice") is not None
    assert await botnet.full("alice", browser=LAPTOP) is None


async def test_a_hundred_people_of_one_office_sign_in_one_after_the_other(botnet: Botnet) -> None:
    for n in range(100):
        assert await botnet.full(f"person{n}") is None  # mistyped
        await botnet.succeeds(f"person{n}")


async def test_signing_in_to_accounts_of_ones_own_buys_no_names(botnet: Botnet) -> None:
    for n in range(30):
        assert await botnet.full(f"victim{n}") is None
        await botnet.succeeds(f"mallory{n}") if n < 29 else None
    assert await botnet.full("mallory0") is not None
    assert await botnet.full("victim30") is not None


async def test_a_right_password_counted_at_once_takes_its_name_back_once(botnet: Botnet) -> None:
    for n in range(25):
        await botnet.full(f"victim{n}")
    assert await botnet.full("mallory") is None
    own = Guess("password", "mallory", None, "192.0.2.1")
    await asyncio.gather(*(botnet.database.write(botnet.throttle.forgive, own, botnet.clock.now()) for _ in range(20)))
    tried = [await botnet.full(f"other{n}") for n in range(10)]
    assert tried.count(None) == 5


async def test_ACC_02_a_site_with_many_ipv6_networks_is_counted_as_one_in_the_end(botnet: Botnet) -> None:
    tried = [await botnet.full(f"user{n}", f"2001:db8:0:{n:x}::1") for n in range(400)]
    assert tried[:300] == [None] * 300
    assert [full.kind for full in tried[300:] if full is not None] == ["names"] * 100
    assert await botnet.full("other", "2001:db8:1::1") is None


async def test_ACC_02_failures_are_counted_by_ipv6_site_too(database: Database, clock: FakeClock) -> None:
    few = Botnet(database, clock, replace(POLICY, address_failures=5))
    tried = [await few.full(f"user{n % 20}", f"2001:db8:0:{n:x}::1") for n in range(60)]
    assert [full is None for full in tried] == [True] * 50 + [False] * 10
    assert {full.kind for full in tried if full is not None} == {"address"}


async def test_a_closed_network_writes_a_bounded_number_of_counters(database: Database, clock: FakeClock) -> None:
    few = Botnet(database, clock, replace(POLICY, address_failures=100))
    for n in range(300):
        await few.full(f"user{n}")
    assert len(await few.database.read(counters)) < 150


async def test_ACC_13_who_succeeds_at_an_account_of_their_own_clears_no_factor_of_another(
    database: Database, clock: FakeClock
) -> None:
    guesses = FactorGuesses(b"key", POLICY)
    alice, mallory, now = 7, 8, clock.now()
    for _ in range(POLICY.factor_failures):
        assert await database.write(guesses.admit, "totp", alice, now) is None
        assert await database.write(guesses.admit, "totp", mallory, now) is None
        await database.write(guesses.forgive, "totp", mallory)
        await database.write(guesses.forget, "totp", mallory)
    assert await database.write(guesses.admit, "totp", alice, now) is not None
    assert await database.write(guesses.admit, "recovery_codes", alice, now) is None


async def test_the_owner_hears_once_a_day_of_ten_failures_of_strangers(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    config = replace(config_for(database_policy.url), demo=False)
    config = replace(config, mail=replace(config.mail, url="smtp://127.0.0.1:1", sender="Example <id@example.com>"))
    async with open_world(config, clock) as world:
        password = world.server.authn.password

        async def fail(login: str, times: int) -> None:
            for n in range(times):
                with pytest.raises(SignInRefused):
                    await password.authenticate(login, "wrong", Origin("r", f"198.51.100.{n % 250}"))

        async def told() -> list[tuple[str, str]]:
            return [
                (parcel.template, parcel.recipient)
                for parcel in await world.foundation.db.read(outbox.list_recent, "mail", 100)
            ]

        await fail("alice", 9)
        assert await told() == []
        await fail("alice", 30)
        await fail("nobody", 30)
        clock.advance(HOUR)
        await fail("alice", 30)
        once = ("strangers_failed", "alice@example.org")
        assert await told() == [once]
        clock.advance(DAY)
        await fail("alice", 30)
        assert await told() == [once] * 2
        seen = [e for e in await world.foundation.db.read(audit.list_recent, 1_000) if e.event == "strangers_failed"]
        alice = await world.foundation.db.read(users.find_by_login, "alice")
        assert alice is not None
        assert [entry.user_id for entry in seen].count(alice.id) == 2
        assert [entry.user_id for entry in seen].count(None) == 1


async def resets(botnet: Botnet) -> int:
    """For how many seconds the longest window that runs still runs."""
    rows = await botnet.database.read(counters)
    grown = [row for row in rows if row[2] > 0]
    return max(row[1] for row in grown) - botnet.clock.now()


async def counters(tx):
    return await tx.all("select count, resets_at, total from throttle")
