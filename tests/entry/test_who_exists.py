"""ACC-01: whatever a page is asked, known and unknown get one answer, for the same work, on both engines.

Work is counted, not timed: the statements in their order, the hashes, the letters that are queued, and the rows that
every table has afterwards. Time is compared as well, of the processor alone, where only a gross difference would show.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from time import process_time
from typing import Any

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.entry.conftest import OPEN, SENDER
from tests.world import World, config_for, open_world

from gatelodge.authn.hashing import Argon2
from gatelodge.config.policies import DAY, DatabasePolicy
from gatelodge.database.tx import Tx

pytestmark = pytest.mark.anyio

KNOWN, UNKNOWN, ELSE = "alice@example.org", "nobod@example.org", "other@example.org"  # of one length
NAMES = {KNOWN: "alice", UNKNOWN: "nobod", ELSE: "other"}

Ask = Callable[[], Awaitable[httpx2.Response]]
Asks = Callable[[World, str], Awaitable[Ask]]


async def hint(world: World, who: str) -> Ask:
    browser = world.browser()
    return lambda: browser.authorize(login_hint=who)


async def password(world: World, who: str) -> Ask:
    browser = world.browser()
    page = await browser.authorize()
    return lambda: browser.post_form(page, username=NAMES[who], password="wrong")


async def password_by_address(world: World, who: str) -> Ask:
    browser = world.browser()
    page = await browser.authorize()
    return lambda: browser.post_form(page, username=who, password="wrong")


async def passkey(world: World, who: str) -> Ask:
    browser = world.browser()
    page = await browser.authorize(login_hint=who)
    return lambda: browser.get("/login/passkey?" + page.url.query.decode())


async def register(world: World, who: str) -> Ask:
    browser = world.browser()
    page = await browser.get("/register")
    return lambda: browser.post_form(page, email=who)


async def recover(world: World, who: str) -> Ask:
    browser = world.browser()
    page = await browser.get("/recover")
    return lambda: browser.post_form(page, email=who)


async def another_address(world: World, who: str) -> Ask:
    browser = world.browser()
    page = await browser.sign_in(await browser.follow(await browser.get("/account/email")), "bob")
    return lambda: browser.post_form(page, email=who, act="change")


PAGES: tuple[Asks, ...] = (hint, password, password_by_address, passkey, register, recover, another_address)


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    config = replace(config_for(database_policy.url), mail=SENDER, accounts=OPEN)
    async with open_world(config, clock) as world:
        yield world


@dataclass
class Work:
    """What was done: statements in their order, how often a password was hashed."""

    statements: list[str] = field(default_factory=list)
    hashes: int = 0

    def begin(self) -> None:
        self.statements.clear()
        self.hashes = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Watches all that is done from here on."""
    seen = Work()

    def watch(owner: type, name: str, note: Callable[..., None]) -> None:
        act = getattr(owner, name)

        def watched(self: Any, *args: Any) -> Any:
            note(*args)
            return act(self, *args)

        monkeypatch.setattr(owner, name, watched)

    for answer in ("one", "all", "run"):
        watch(Tx, answer, lambda sql, *_: seen.statements.append(sql))
    for act in ("hash", "proves"):
        watch(Argon2, act, lambda *_: setattr(seen, "hashes", seen.hashes + 1))
    return seen


TABLES = ("tickets", "throttle", "outbox", "audit", "seen", "sessions", "users", "names")


async def rows(tx: Tx) -> dict[str, int]:
    """How many rows each table has that these pages write to."""
    return {table: (await tx.one(f"select count(*) from {table}") or (0,))[0] for table in TABLES}


def seen_by_stranger(answer: httpx2.Response, who: str) -> tuple[int, list[tuple[str, str]], int, str]:
    """Status, headers but cookies' values, length, and the text but for what is another each time."""
    changing = {"x-request-id", "set-cookie", "location", "content-security-policy"}
    headers = [(name, "" if name in changing else value) for name, value in answer.headers.multi_items()]
    text = answer.text.replace(who, "WHO").replace(NAMES[who], "WHO")
    text = re.sub(r'(name="csrf" value=|nonce=|interaction=|request=|id="code">|X-Request)["\w.~-]+', r"\1", text)
    return answer.status_code, sorted(headers), len(answer.content), re.sub(r"[\w~.-]{20,}", "", text)


@pytest.mark.parametrize("asks", PAGES, ids=[page.__name__ for page in PAGES])
async def test_ACC_01_known_and_unknown_get_one_answer_for_one_work(
    world: World, work: Work, clock: FakeClock, asks: Asks
) -> None:
    found = []
    for who in (ELSE, KNOWN, UNKNOWN):  # what is remembered from the first one is known to both others
        ask = await asks(world, who)
        before = await world.foundation.db.read(rows)
        work.begin()
        answer = await ask()
        done = (tuple(work.statements), work.hashes)
        after = await world.foundation.db.read(rows)
        grown = {table: after[table] - before[table] for table in TABLES}
        found.append((seen_by_stranger(answer, who), done, grown))
        clock.advance(DAY)

    _, known, unknown = found
    assert known[0] == unknown[0]
    assert known[1] == unknown[1]
    assert known[2] == unknown[2]
    assert known[1][0]


SAMPLES = 120
BOUND = 0.17  # five standard deviations of the share for as many samples of one kind


@pytest.mark.parametrize("engine", ["sqlite"])  # whose work is in this process
@pytest.mark.parametrize("asks", [password, register, recover], ids=["password", "register", "recover"])
async def test_ACC_01_known_and_unknown_take_the_processor_as_long(world: World, clock: FakeClock, asks: Asks) -> None:
    """Mann-Whitney: a known one takes longer than an unknown one as often as the other way round."""
    took: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for number in range(2 * SAMPLES):
        who = (KNOWN, UNKNOWN)[number % 2]
        ask = await asks(world, who)
        began = process_time()
        answer = await ask()
        took[who].append(process_time() - began)
        assert answer.status_code in (200, 400)
        clock.advance(2 * DAY)

    longer = sum(known > unknown for known in took[KNOWN] for unknown in took[UNKNOWN])
    assert abs(longer / SAMPLES**2 - 0.5) < BOUND
