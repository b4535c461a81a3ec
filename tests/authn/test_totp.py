"""Signing in with a code of an authenticator app, and with a recovery code in its place."""

import re
from base64 import b32decode
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from anyio import create_task_group
from tests.authn.factors import SEED, code_of, give_app, give_codes
from tests.authn.test_half_sign_in import identity, sessions_begun
from tests.world import Browser, World, answer_of, config_for, open_world

from gatelodge.authn.visit import KnownPerson, SignInRefused, SignInVisit
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.config.setting import DAY
from gatelodge.ops import users as verbs
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.params import Params
from gatelodge.protocol.proof import TWO, Proof
from gatelodge.stores import audit, authenticators, endings, recovery_codes
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock) as world:
        await give_app(world.foundation, world.people["alice"].id)
        yield world


async def asked(world: World, browser: Browser | None = None) -> tuple[Browser, httpx2.Response]:
    """A browser at the page that asks for a code."""
    browser = browser or world.browser()
    page = await browser.sign_in(await browser.authorize(), "alice")
    assert page.url.path == "/login/code"
    return browser, page


async def guess(world: World, code: str = "000000") -> httpx2.Response:
    browser, page = await asked(world)
    return await browser.submit(page, code=code)


async def trail(world: World) -> list[str]:
    return [entry.event for entry in await world.foundation.db.read(audit.list_recent, 300)]


def visit(world: World, code: str) -> SignInVisit:
    who = world.people["alice"]
    browser = world.server.sessions.browsers.posting()
    return SignInVisit(
        Origin("r", "203.0.113.9"), browser, Params.of([("code", code)]), person=KnownPerson(who.id, who.sub)
    )


async def takers(world: World, kind: str, code: str) -> list[Proof]:
    """What fifty get who bring the same code at once."""
    way, proofs = world.server.authn.ways.named(kind), list[Proof]()

    async def take() -> None:
        with suppress(SignInRefused):
            proofs.append(await way.prove(visit(world, code)))

    async with create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(take)
    return proofs


async def test_a_code_is_the_second_factor(world: World) -> None:
    browser, page = await asked(world)

    done = await identity(world, await browser.allow(await browser.submit(page, code=code_of(world.foundation))))

    assert (done["sub"], done["acr"], done["amr"]) == ("sub-alice", TWO, ["pwd", "otp", "mfa"])


async def test_ACC_12_a_code_is_right_once(world: World, clock: Any) -> None:
    now = code_of(world.foundation)
    assert (await guess(world, now)).url.path == "/consent"

    for code in (now, code_of(world.foundation, away=-1), code_of(world.foundation, away=1)):
        refused = await guess(world, code)
        assert (refused.status_code, refused.url.path) == (400, "/login/code")
    clock.advance(30)
    assert (await guess(world, code_of(world.foundation))).url.path == "/consent"
    assert await sessions_begun(world) == 2


async def test_ACC_12_of_fifty_who_bring_the_same_code_one_is_let_in(world: World) -> None:
    assert len(await takers(world, "totp", code_of(world.foundation))) == 1


async def test_ACC_13_guesses_are_counted_over_all_browsers(world: World, clock: Any) -> None:
    for _ in range(5):
        assert (await guess(world)).status_code == 400

    full = await guess(world, code_of(world.foundation))
    assert (full.status_code, int(full.headers["retry-after"])) == (429, 900)

    clock.advance(900)
    assert (await guess(world, code_of(world.foundation))).url.path == "/consent"


async def test_ACC_13_after_twenty_in_a_day_the_app_is_closed_until_another_factor_opens_it(
    world: World, clock: Any
) -> None:
    codes = await give_codes(world.foundation, world.people["alice"].id)
    way = world.server.authn.ways.named("totp")
    for _ in range(4):
        for _ in range(5):
            with pytest.raises(SignInRefused):
                await way.prove(visit(world, "000000"))
        clock.advance(900)
    closing = await guess(world, code_of(world.foundation))
    assert closing.status_code == 400
    assert "codes are switched off" in closing.text
    clock.advance(2 * DAY)
    assert (await guess(world, code_of(world.foundation))).status_code == 400
    assert (await trail(world)).count("factor_closed") == 1

    browser, page = await asked(world)
    recovery = await browser.get(str(page.url).replace("/login/code?", "/login/recovery?"))
    assert (await browser.submit(recovery, code=codes[3])).url.path == "/consent"
    assert "factor_opened" in await trail(world)
    assert (await guess(world, code_of(world.foundation))).url.path == "/consent"


async def test_a_recovery_code_stands_for_the_second_factor_once(world: World) -> None:
    alice, bob = world.people["alice"], world.people["bob"]
    codes = await give_codes(world.foundation, alice.id)
    others = await give_codes(world.foundation, bob.id)
    browser, page = await asked(world)
    assert "Use a recovery code" in page.text
    recovery = await browser.get(str(page.url).replace("/login/code?", "/login/recovery?"))

    for wrong in ("", others[0], codes[0][:-1]):
        assert (await browser.submit(recovery, code=wrong)).status_code == 400
    done = await browser.submit(recovery, code=codes[0].lower().replace("-", " "))

    assert done.url.path == "/consent"
    assert await world.foundation.db.read(recovery_codes.left, alice.id) == (9, world.foundation.clock.now())
    assert len(await takers(world, "recovery_codes", codes[0])) == 0


async def test_of_fifty_who_bring_the_same_recovery_code_one_is_let_in(
    database_policy: DatabasePolicy, clock: Clock
) -> None:
    config = config_for(database_policy.url)
    config = replace(config, sign_in=replace(config.sign_in, factor_failures=100, factor_failures_a_day=1_000))
    async with open_world(config, clock) as world:
        await give_app(world.foundation, world.people["alice"].id)
        codes = await give_codes(world.foundation, world.people["alice"].id)

        assert len(await takers(world, "recovery_codes", codes[0])) == 1


async def test_an_operator_lets_somebody_in_again_who_lost_their_phone(world: World) -> None:
    on, origin = world.foundation, Origin("r", "203.0.113.9")
    await give_codes(on, world.people["alice"].id)
    await on.db.write(verbs.reset_second_factor, "alice", on.letters, origin, on.clock.now())

    browser = world.browser()
    assert (await browser.sign_in(await browser.authorize(), "alice")).url.path == "/consent"
    assert (await trail(world)).count("second_factor_reset") == 1
    with pytest.raises(NotThere):
        await on.db.write(verbs.reset_second_factor, "alice", on.letters, origin, on.clock.now())


async def test_without_a_page_nobody_is_let_in_who_has_a_second_factor(world: World) -> None:
    origin = Origin("r", "203.0.113.9")

    assert (await world.server.authn.authenticate("bob", "builder-of-things", origin)).sub == "sub-bob"
    with pytest.raises(SignInRefused):
        await world.server.authn.authenticate("alice", "wonderland", origin)


async def test_the_seed_is_not_in_the_database(world: World) -> None:
    kept = await world.foundation.db.read(authenticators.find, world.people["alice"].id)

    assert kept is not None
    assert SEED.decode() not in kept.sealed
    other = KnownPerson(world.people["bob"].id, "sub-bob")
    await world.foundation.db.write(authenticators.add, other.user_id, kept.sealed, 0, 1)
    with pytest.raises(Exception, match="authenticator app"):
        await world.server.authn.ways.named("totp").prove(replace(visit(world, "000000"), person=other))


@pytest.fixture
async def strict(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    config = config_for(database_policy.url)
    config = replace(config, sign_in=replace(config.sign_in, second_factor="required"))
    async with open_world(config, clock) as world:
        yield world


def seed_on(page: httpx2.Response) -> bytes:
    shown = re.search(r'id="seed">([^<]+)<', page.text)
    assert shown is not None
    return b32decode(shown[1].replace(" ", ""))


async def test_who_must_have_a_second_factor_sets_it_up_in_the_sign_in(strict: World) -> None:
    browser, on = strict.browser(), strict.foundation
    page = await browser.sign_in(await browser.authorize(), "bob")
    assert page.url.path == "/login/set-up/totp"
    assert 'class="qr"' in page.text
    seed = seed_on(page)

    wrong = await browser.submit(page, code="000000")
    assert (wrong.status_code, seed_on(wrong)) == (400, seed)
    kept = await browser.submit(wrong, code=code_of(on, seed))
    assert "Keep these codes" in kept.text
    codes = re.findall(r"<li><code>([^<]+)</code>", kept.text)
    assert len(set(codes)) == 10
    assert await sessions_begun(strict) == 0

    done = await identity(strict, await browser.allow(await browser.submit(kept)))
    assert (done["sub"], done["acr"], done["amr"]) == ("sub-bob", TWO, ["pwd", "otp", "mfa"])

    again = strict.browser()
    asked = await again.sign_in(await again.authorize(), "bob")
    assert asked.url.path == "/login/code"
    assert (await again.submit(asked, code=code_of(on, seed))).status_code == 400  # spent by setting it up
    recovery = await again.get(str(asked.url).replace("/login/code?", "/login/recovery?"))
    assert "code" in answer_of(await again.submit(recovery, code=codes[7]))  # consent was given before


async def test_ACC_11_nothing_is_set_up_before_the_first_proof(strict: World) -> None:
    browser = strict.browser()
    first = await browser.authorize()
    skipped = str(first.url).replace("/login?", "/login/set-up/totp?")
    assert (await browser.follow(await browser.get(skipped))).url.path == "/login"
    unknown = str(first.url).replace("/login?", "/login/set-up/other?")
    assert (await browser.follow(await browser.get(unknown))).url.path == "/login"


async def test_ACC_11_nothing_is_set_up_or_begun_when_a_code_is_next(world: World) -> None:
    other, page = await asked(world)
    turned = str(page.url).replace("/login/code?", "/login/set-up/totp?")
    assert (await other.follow(await other.get(turned))).url.path == "/login/code"
    gone_on = str(page.url).replace("/login/code?", "/login/go-on?")
    assert (await other.follow(await other.get(gone_on))).url.path == "/login/code"
    token = {"csrf": page.text.split('name="csrf" value="')[1].split('"')[0]}
    assert (await other.follow(await other.http.post(gone_on, data=token))).url.path == "/login/code"
    assert await sessions_begun(world) == 0


async def test_another_person_s_seed_is_set_up_for_nobody_else(strict: World) -> None:
    bob, alice = strict.browser(), strict.browser()
    theirs = await bob.sign_in(await bob.authorize(), "bob")
    mine = await alice.sign_in(await alice.authorize(), "alice")
    seed = theirs.text.split('name="seed" value="')[1].split('"')[0]

    moved = await alice.submit(mine, seed=seed, code=code_of(strict.foundation, seed_on(theirs)))

    assert moved.status_code == 400
    assert seed_on(moved) != seed_on(theirs)


async def test_ACC_11_nothing_is_set_up_with_a_password_that_was_changed_meanwhile(strict: World) -> None:
    """Whoever knew it would choose the second factor that its owner is asked for."""
    thief, on, bob = strict.browser(), strict.foundation, strict.people["bob"].id
    page = await thief.sign_in(await thief.authorize(), "bob")
    await on.db.write(endings.change_password, bob, "another hash", on.clock.now())

    assert (await thief.submit(page, code=code_of(on, seed_on(page)))).url.path == "/login"

    assert await on.db.read(authenticators.find, bob) is None


async def test_who_may_put_it_off_is_told_until_when(database_policy: DatabasePolicy, clock: Any) -> None:
    config = config_for(database_policy.url)
    policy = replace(config.sign_in, second_factor="required", second_factor_grace=7 * DAY)
    async with open_world(replace(config, sign_in=policy), clock) as world:
        browser = world.browser()
        told = await browser.sign_in(await browser.authorize(), "bob")
        assert told.url.path == "/login/go-on"
        assert "2027-01-22" in told.text
        assert "Set up an authenticator app" in told.text
        assert (await browser.submit(told)).url.path == "/consent"
        clock.advance(DAY)
        later = world.browser()
        again = await later.sign_in(await later.authorize(), "bob")
        assert "2027-01-22" in again.text
        set_up = await later.get(str(again.url).replace("/login/go-on?", "/login/set-up/totp?"))
        assert set_up.status_code == 200

        clock.advance(7 * DAY)
        over = world.browser()
        assert (await over.sign_in(await over.authorize(), "bob")).url.path == "/login/set-up/totp"


async def test_a_client_that_demands_two_factors_gets_them(world: World) -> None:
    await world.change_client("web1", min_acr=TWO)
    alice, bob = world.browser(), world.browser()

    assert (await alice.sign_in(await alice.authorize(), "alice")).url.path == "/login/code"
    page = await bob.sign_in(await bob.authorize(), "bob")
    assert page.url.path == "/login/set-up/totp"
    kept = await bob.submit(page, code=code_of(world.foundation, seed_on(page)))
    assert (await identity(world, await bob.allow(await bob.submit(kept))))["acr"] == TWO


async def test_a_client_whose_level_nobody_can_reach_is_told(world: World) -> None:
    await world.change_client("web1", min_acr="phrh")
    browser = world.browser()

    done = await browser.sign_in(await browser.authorize(), "bob")

    assert answer_of(done)["error"] == "unmet_authentication_requirements"


async def test_off_there_are_no_second_factors(database_policy: DatabasePolicy, clock: Clock) -> None:
    config = config_for(database_policy.url)
    async with open_world(replace(config, sign_in=replace(config.sign_in, second_factor="off")), clock) as world:
        await give_app(world.foundation, world.people["alice"].id)
        browser = world.browser()

        page = await browser.authorize()
        assert (await browser.get(str(page.url).replace("/login?", "/login/code?"))).status_code == 404
        assert (await browser.sign_in(page, "alice")).url.path == "/consent"
