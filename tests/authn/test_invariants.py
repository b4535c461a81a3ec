"""Whatever anybody does in whatever order, no session begins whose proofs do not satisfy the policy (people 1.10)."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authn.knock import Knock
from tests.authn.riddle import ANSWER, Riddle
from tests.world import PASSWORDS, Browser, World, config_for, open_world

from gatelodge.authn import WAYS
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.protocol.assurance import (
    Abilities,
    Ask,
    Done,
    Enrol,
    Factor,
    FactorPolicy,
    Levels,
    next_proof,
)
from gatelodge.protocol.proof import BOTH, HELD, KNOWN, LEVELS, MFA, ONE, PHR, Proof, conclude, levels_of, shown
from gatelodge.stores import audit, endings, users

FACTORS = (
    Factor("password", True, KNOWN),
    Factor("passkey", True, BOTH, PHR, enrols=True),
    Factor("touch", True, HELD, PHR, enrols=True),
    Factor("totp", False, HELD, guards=True, enrols=True),
    Factor("recovery", False, HELD),
)
some_factors = st.lists(st.sampled_from(FACTORS), unique=True).map(tuple)
some_levels = st.lists(st.sampled_from(LEVELS), max_size=2).map(tuple)
levels = st.builds(Levels, some_levels, some_levels, st.sampled_from(LEVELS))
policies = st.builds(
    FactorPolicy,
    st.sampled_from(["off", "offered", "required", "required_for_admins"]),
    st.sampled_from([0, 60]),
)
abilities = st.builds(
    Abilities, some_factors, some_factors, st.booleans(), st.booleans(), st.sampled_from([None, 100, 1_000])
)


def proof_of(factor: Factor) -> Proof:
    return Proof(7, "sub", factor.kind, 100, (factor.kind,), factor.shows, factor.level)


proofs = st.lists(st.sampled_from(FACTORS).map(proof_of), min_size=1, max_size=3, unique_by=lambda one: one.kind)


@given(levels, policies, abilities, proofs, st.sampled_from([50, 500, 5_000]))
def test_what_is_done_satisfies_the_policy_and_what_is_asked_can_be_given(
    wanted: Levels, policy: FactorPolicy, able: Abilities, given_proofs: Sequence[Proof], now: int
) -> None:
    seen, must = shown(given_proofs), policy.demands_two(admin=able.admin)
    match next_proof(wanted, policy, able, given_proofs, now):
        case Done(event, due):
            assert event == conclude(given_proofs)
            assert not must or seen == BOTH or able.trusted or (due is not None and now < due)
            guarded = any(factor.guards for factor in able.enrolled)
            adds = any(factor.shows - seen for factor in able.enrolled)
            assert seen == BOTH or able.trusted or not (guarded and adds)
            assert MFA not in event.amr.split() or seen == BOTH
            assert ONE in levels_of(event.acr, event.amr.split())
        case Ask(kinds):
            assert set(kinds) <= {factor.kind for factor in able.enrolled} - {one.kind for one in given_proofs}
            assert kinds
        case Enrol(kinds):
            assert set(kinds) <= {factor.kind for factor in able.enrol}
            assert kinds
        case _:
            assert must


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock, (*WAYS, Knock, Riddle)) as world:
        yield world


class Street:
    """Two browsers, all pages that either was shown, and what anybody may do with them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browsers = [world.browser(), world.browser()]
        self.pages: list[httpx2.Response] = []

    async def act(self, which: int, act: str, back: int) -> None:
        browser, alice = self.browsers[which], self.world.people["alice"].id
        db, now = self.world.foundation.db, self.world.foundation.clock.now()
        page = self.pages[-1 - back % len(self.pages)] if self.pages else await browser.authorize()
        match act:
            case "begin":
                page = await browser.authorize()
            case "step up":
                page = await browser.authorize(acr_values="2")
            case "look":
                page = await browser.follow(await browser.get(str(page.url)))
            case "elsewhere":
                page = await browser.follow(await browser.get(str(page.url).replace("/login?", "/login/knock?")))
            case "go on":
                page = await browser.follow(await browser.get(f"/login/go-on?{page.url.query.decode()}"))
            case "end":
                await db.write(endings.end_all, alice, now)
            case "disable":
                await db.write(endings.disable, alice, now)
            case "enable":
                await db.write(users.enable, alice)
            case _:
                page = await self._send(browser, page, act)
        self.pages.append(page)

    async def _send(self, browser: Browser, page: httpx2.Response, act: str) -> httpx2.Response:
        fields: dict[str, dict[str, str]] = {
            "alice": {"username": "alice", "password": PASSWORDS["alice"]},
            "bob": {"username": "bob", "password": PASSWORDS["bob"]},
            "knock": {"knock": "tap tap", "trust": "yes"},
            "wrong": {"username": "alice", "password": "no", "knock": "no", "answer": "no"},
            "riddle": {"username": "alice", "answer": ANSWER},
        }
        return await browser.submit(page, **fields[act]) if 'method="post"' in page.text else page


ACTS = (
    *("begin", "step up", "look", "elsewhere", "go on", "end", "disable", "enable"),
    *("alice", "alice", "bob", "knock", "knock", "wrong", "riddle"),
)
walks = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(ACTS), st.integers(0, 3)), min_size=2, max_size=9)


@pytest.mark.anyio
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=walks)
async def test_no_session_begins_without_all_proofs_of_its_person(world: World, clock: Any, walk: list[Any]) -> None:
    """alice has a second factor and bob has none; pages are sent late, twice, and from the other browser."""
    clock.advance(1_000)  # guesses of the walk before are forgotten
    street = Street(world)
    before = {entry.id for entry in await world.foundation.db.read(audit.list_recent, 1_000)}
    await world.foundation.db.write(users.enable, world.people["alice"].id)
    for step in walk:
        await street.act(*step)

    entries = await world.foundation.db.read(audit.list_recent, 1_000)
    begun = [entry for entry in entries if entry.id not in before and entry.event == "signed_in"]
    for entry in begun:
        methods = str(entry.detail["amr"]).split()
        if entry.user_id == world.people["alice"].id:
            assert MFA in methods
            assert "pwd" in methods
        else:
            assert methods == ["pwd"]
