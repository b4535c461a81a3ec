"""Signing in with passkeys, over the pages, by an authenticator in software that also attacks."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from html import unescape
from importlib import import_module
from threading import get_ident
from typing import Any

import httpx2
import pytest
from tests.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, SoftwareKey
from tests.authn.test_ways import identity
from tests.conftest import FakeClock
from tests.world import Browser, World, audited, config_for, form_of, open_world

from gatelodge.authn import passkey_ceremonies
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies
from gatelodge.authn.passkeys import PasskeySignIn
from gatelodge.authn.password import PasswordSignIn
from gatelodge.config.policies import DatabasePolicy, PasskeyPolicy
from gatelodge.protocol.passkey import Passkey, PasskeyRefused
from gatelodge.stores import audit, endings, passkeys
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

WAYS = (PasswordSignIn, PasskeySignIn)
OURS = {"origin": "https://id.test", "sec-fetch-site": "same-origin"}
ORIGIN = Origin("test")


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock, WAYS) as world:
        yield world


class Visit:
    """A browser of this world with a passkey in its authenticator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browser: Browser = world.browser()

    async def begin(self, **changes: str) -> httpx2.Response:
        """Come to the page of passkeys with an application's request."""
        page = await self.browser.authorize(**changes)
        return await self.browser.get("/login/passkey?" + page.url.query.decode())

    async def challenge(self, purpose: str = "sign_in", **headers: str) -> Mapping[str, Any]:
        answer = await self.browser.http.post(
            "/login/passkey/challenge", data={"purpose": purpose}, headers=OURS | headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def use(self, page: httpx2.Response, said: str) -> httpx2.Response:
        return await self.browser.submit(page, passkey=said)

    async def sign_in(self, key: SoftwareKey, **changes: str) -> httpx2.Response:
        page = await self.begin(**changes)
        return await self.use(page, key.get(dict(await self.challenge())))


def ceremonies_in(world: World) -> PasskeyCeremonies:
    way = world.server.authn.ways.named("passkey")
    assert isinstance(way, PasskeySignIn)
    return way.ceremonies


class AnyBrowser:
    """A browser whose name is its digest."""

    def __init__(self, digest: str = "somebody's") -> None:
        self.digest = digest

    def called(self, digest: str, /) -> "AnyBrowser | None":
        return self if digest == self.digest else None


async def enrol(
    world: World, name: str = "alice", key: SoftwareKey | None = None, *, asked: bool = True
) -> SoftwareKey:
    """Give a person a passkey."""
    ceremonies, key, browser = ceremonies_in(world), key or SoftwareKey(), AnyBrowser()
    options = await ceremonies.creation(world.people[name].id)
    assert options is not None
    challenge = await ceremonies.challenge("enrol" if asked else "offer", browser)
    said = key.create({**options, "challenge": challenge})
    await ceremonies.add(said, browser, world.people[name].id, ORIGIN, asked=asked)
    return key


async def kept_by(world: World, name: str = "alice") -> tuple[Passkey, ...]:
    """The passkeys of a person."""
    return (await ceremonies_in(world).known(world.people[name].id)).passkeys


async def test_a_passkey_signs_in_without_a_name(world: World) -> None:
    key, visit = await enrol(world), Visit(world)

    told = await identity(world, await visit.browser.allow(await visit.sign_in(key)))

    assert (told["sub"], told["acr"], told["amr"]) == ("sub-alice", "phr", ["hwk", "user", "mfa"])


async def test_the_page_offers_passkeys_and_tells_nothing_of_anybody(world: World) -> None:
    await enrol(world)
    pages = [await world.browser().authorize(login_hint=hint) for hint in ("alice", "nobody")]

    for page in pages:
        (options,) = (unescape(part.split("'")[0]) for part in page.text.split("data-options='")[1:])
        assert json.loads(options)["allowCredentials"] == []
        assert 'autocomplete="username webauthn"' in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_passkey_that_verified_nobody_is_one_factor(world: World) -> None:
    key = await enrol(world, key=SoftwareKey(flags=PRESENT))

    told = await identity(world, await (visit := Visit(world)).browser.allow(await visit.sign_in(key)))

    assert (told["acr"], told["amr"]) == ("phr", ["hwk", "user"])


async def test_what_the_browser_made_by_itself_verifies_nobody_until_another_factor_vouches(world: World) -> None:
    key = await enrol(world, key=SoftwareKey(flags=0), asked=False)
    key.flags = PRESENT | VERIFIED

    told = await identity(world, await (visit := Visit(world)).browser.allow(await visit.sign_in(key)))
    assert "mfa" not in str(told["amr"])

    beside = Visit(world)
    page = await beside.browser.authorize(claims='{"id_token":{"acr":{"essential":true,"value":"phr"}}}')
    password = await beside.browser.get("/login?" + page.url.query.decode())
    step = await beside.browser.sign_in(password, "alice")
    assert step.url.path == "/login/passkey"
    (known,) = json.loads(unescape(step.text.split("data-options='")[1].split("'")[0]))["allowCredentials"]
    assert known["id"] == json.loads(key.get({"challenge": "x"}))["id"]  # who it is was proven before
    done = await beside.use(step, key.get(dict(await beside.challenge())))
    assert (await identity(world, done))["acr"] == "phr"
    told = await identity(world, await Visit(world).sign_in(key))
    assert "mfa" in str(told["amr"])


async def test_where_keys_must_not_leave_their_device_they_reach_phrh(
    database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str
) -> None:
    config = replace(config_for(database_policy.url), passkeys=PasskeyPolicy(require_device_bound=True))
    async with open_world(config, clock, WAYS) as world:
        key, visit = await enrol(world), Visit(world)
        assert (await identity(world, await visit.browser.allow(await visit.sign_in(key))))["acr"] == "phrh"
        with pytest.raises(PasskeyRefused):
            await enrol(world, key=SoftwareKey(flags=PRESENT | ELIGIBLE, credential_id=b"another"))


def refused(page: httpx2.Response) -> str:
    """What a person is told who was refused, without a session."""
    assert page.status_code == 400, page.text
    assert page.url.path == "/login/passkey"
    assert not any("gatelodge-session" in name for name in page.cookies)
    return page.text.split('id="problem"')[1].split("<p>")[1].split("</p>")[0]


NOT_ACCEPTED = "That passkey was not accepted. Try again, or sign in in another way."


async def test_ACC_16_an_answer_is_good_once(world: World) -> None:
    key, visit = await enrol(world), Visit(world)
    page = await visit.begin()
    said = key.get(dict(await visit.challenge()))
    assert (await visit.use(page, said)).url.path == "/consent"

    again = Visit(world)
    again.browser.http.cookies = visit.browser.http.cookies  # the same browser
    page = await again.begin(prompt="login")
    assert refused(await again.use(page, said)) == NOT_ACCEPTED


async def test_ACC_16_of_fifty_who_bring_the_same_answer_one_is_let_in(world: World) -> None:
    key, visit = await enrol(world), Visit(world)
    page = await visit.begin()
    said = key.get(dict(await visit.challenge()))
    action, hidden = form_of(page)

    async def bring() -> httpx2.Response:
        return await visit.browser.http.post(action, data={**hidden, "passkey": said})

    answers = await asyncio.gather(*(bring() for _ in range(50)))

    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 49
    begun = [entry.event for entry in await world.foundation.db.read(audit.list_recent, 200)]
    assert begun.count("signed_in") == 1


async def test_ACC_16_an_answer_is_good_in_its_own_browser_for_its_purpose_and_for_ten_minutes(
    world: World, clock: FakeClock
) -> None:
    key, visit, other = await enrol(world), Visit(world), Visit(world)
    page = await visit.begin()
    await other.begin()
    stolen = dict(await other.challenge())
    assert refused(await visit.use(page, key.get(stolen))) == NOT_ACCEPTED
    assert refused(await visit.use(page, key.get(dict(await visit.challenge("enrol"))))) == NOT_ACCEPTED
    for made_up in ("A" * 40, "", "x"):
        assert refused(await visit.use(page, key.get({"challenge": made_up}))) == NOT_ACCEPTED

    late = key.get(dict(await visit.challenge()))
    clock.advance(601)
    assert refused(await visit.use(page, late)) == "That took too long. Please try again."
    in_time = await visit.use(page, key.get(dict(await visit.challenge())))  # the page asked again
    assert in_time.url.path == "/consent"


async def test_ACC_16_whoever_it_is_refusals_read_the_same_but_for_what_is_nobodys(world: World) -> None:
    key, bobs, visit = await enrol(world), await enrol(world, "bob", SoftwareKey(credential_id=b"bob's")), Visit(world)
    page = await visit.begin()

    async def answer(by: SoftwareKey, **said: Any) -> str:
        return refused(await visit.use(page, by.get(dict(await visit.challenge()), **said)))

    as_alice = replace(bobs, handle=key.handle)
    stolen_id = replace(bobs, credential_id=key.credential_id, handle=key.handle)
    told = {
        await answer(as_alice),
        await answer(stolen_id),
        await answer(key, handle=bobs.handle),
        await answer(key, origin="https://evil.test"),
        await answer(key, topOrigin="https://evil.test"),
        await answer(replace(key, rp_id="evil.test")),
        await answer(replace(key, flags=PRESENT | ELIGIBLE | BACKED_UP)),
    }
    assert told == {NOT_ACCEPTED}

    await world.foundation.db.write(endings.disable, world.people["alice"].id, 0)
    assert await answer(key) == NOT_ACCEPTED
    assert "not known here" in await answer(SoftwareKey(credential_id=b"nobody's", handle=b"?" * 32))


async def test_ACC_16_what_is_no_answer_is_refused(world: World) -> None:
    visit = Visit(world)
    page = await visit.begin()

    for text in ("", "{}", "null", "[" * 200, '{"type":"public-key","id":"","rawId":"","response":{}}', "x" * 16_000):
        assert refused(await visit.use(page, text)) == NOT_ACCEPTED


async def test_a_removed_passkey_is_told_to_its_device(world: World) -> None:
    key, visit = await enrol(world), Visit(world)
    (kept,) = await kept_by(world)
    await ceremonies_in(world).remove(world.people["alice"].id, kept.id, ORIGIN)

    page = await visit.use(await visit.begin(), key.get(dict(await visit.challenge())))

    assert "not known here" in refused(page)
    signal = json.loads(unescape(page.text.split("data-signal='")[1].split("'")[0]))
    assert signal == {"rpId": "id.test", "unknown": json.loads(key.get({"challenge": "x"}))["id"]}


async def test_ACC_17_a_counter_that_went_back_signs_in_is_told_and_is_seen(world: World) -> None:
    key = await enrol(world, key=SoftwareKey(count=9))
    key.count = 3

    done = await Visit(world).sign_in(key)

    assert done.url.path == "/consent"
    (kept,) = await world.foundation.db.read(passkeys.list_of_user, world.people["alice"].id)
    assert (kept.suspect, kept.sign_count) == (True, 9)


async def test_ACC_04_strangers_cannot_keep_the_owner_of_a_passkey_out(world: World) -> None:
    key, stranger = await enrol(world), world.browser("198.51.100.7")
    page = await stranger.authorize()
    for _ in range(12):
        page = await stranger.sign_in(page, "alice", "a guess")
    assert page.status_code == 429

    assert (await Visit(world).sign_in(key)).url.path == "/consent"


async def test_WEB_02_a_challenge_is_for_pages_of_ours(world: World) -> None:
    for headers in ({"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        answer = await world.browser().http.post("/login/passkey/challenge", headers=OURS | headers)
        assert answer.status_code == 400
    odd = await world.browser().http.post("/login/passkey/challenge", data={"purpose": "other"}, headers=OURS)
    assert (odd.status_code, "challenge" in odd.json()) == (400, False)
    assert (await world.browser().get("/login/passkey/challenge")).status_code == 405


async def test_where_the_issuer_is_an_address_there_are_no_passkeys(
    database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str
) -> None:
    async with open_world(config_for(database_policy.url, "http://127.0.0.1:8000"), clock, WAYS) as world:
        page = await world.browser().authorize()
        assert page.status_code == 200
        assert "passkey" not in page.text
        assert [way.name for way in world.server.authn.ways.listed] == ["password"]


async def test_an_answer_that_is_refused_is_in_the_trail_with_its_rule_where_it_is_about_somebody(world: World) -> None:
    key, visit = await enrol(world), Visit(world)
    page = await visit.begin()

    answer = await visit.use(page, key.get(dict(await visit.challenge()), origin="https://evil.test"))

    assert ("sign_in_failed", None, world.people["alice"].id) in await audited(world, answer)


async def offered(world: World, able: str = "offer signal", name: str = "alice") -> tuple[Visit, httpx2.Response]:
    """Sign in with a password in a browser that can do this with passkeys."""
    visit = Visit(world)
    page = await visit.browser.authorize()
    await visit.browser.http.post("/login/passkey/challenge", data={"able": able}, headers=OURS)
    return visit, await visit.browser.sign_in(page, name)


def offer_of(page: httpx2.Response) -> dict[str, Any]:
    """The options of the offer on a page."""
    return json.loads(unescape(page.text.split('id="add-passkey"')[1].split("data-options='")[1].split("'")[0]))


async def test_after_a_password_a_passkey_is_offered_where_the_browser_can_make_one(world: World) -> None:
    visit, page = await offered(world)
    assert page.url.path == "/login/passkey/after"
    assert "Add a passkey?" in page.text

    key = SoftwareKey()
    said = key.create({**offer_of(page), **await visit.challenge("enrol")})
    done = await visit.browser.submit(page, act="add", passkey=said)

    assert done.url.path == "/consent"
    assert (await Visit(world).sign_in(key)).url.path == "/consent"
    (kept,) = await kept_by(world)
    assert kept.uv_seen


async def test_a_passkey_that_the_browser_made_by_itself_has_verified_nobody(world: World) -> None:
    visit, page = await offered(world)
    key = SoftwareKey(flags=0)
    said = key.create({**offer_of(page), **await visit.challenge("offer")})

    assert (await visit.browser.submit(page, act="made", passkey=said)).url.path == "/consent"

    (kept,) = await kept_by(world)
    assert not kept.uv_seen


async def test_not_now_is_remembered_and_browsers_that_cannot_are_not_asked(world: World) -> None:
    visit, page = await offered(world)
    assert (await visit.browser.submit(page, act="later")).url.path == "/consent"
    again = await visit.browser.authorize(prompt="login")
    assert (await visit.browser.sign_in(again, "alice")).url.path == "/consent"

    _, plain = await offered(world, able="")
    assert plain.url.path == "/consent"
    _, told_only = await offered(world, able="signal")
    assert told_only.url.path == "/consent"


async def test_who_has_passkeys_is_led_on_when_their_device_was_told_which(world: World) -> None:
    key = await enrol(world)
    _, page = await offered(world)

    assert page.url.path == "/login/passkey/after"
    signal = json.loads(unescape(page.text.split("data-signal='")[1].split("'")[0]))
    assert signal["credentialIds"] == [json.loads(key.get({"challenge": "x"}))["id"]]
    assert (signal["rpId"], signal["name"], signal["displayName"]) == ("id.test", "alice", "Alice Liddell")
    onward = unescape(page.text.split('id="onward" href="')[1].split('"')[0])
    assert onward.startswith("/authorize?interaction=")


async def test_ACC_11_the_offer_adds_nothing_for_whoever_did_not_just_sign_in(world: World, clock: FakeClock) -> None:
    visit, page = await offered(world)
    said = SoftwareKey().create({**offer_of(page), **await visit.challenge("enrol")})
    stranger = Visit(world)
    assert (await stranger.browser.post_form(page, act="add", passkey=said)).status_code == 403
    clock.advance(301)

    late = await visit.browser.submit(page, act="add", passkey=said)

    assert late.url.path == "/consent"
    assert await kept_by(world) == ()


async def test_ACC_16_an_offer_to_one_person_adds_nothing_to_the_account_of_the_next(world: World) -> None:
    """Several may use one browser; the tab of who was there first still shows their offer, and sends it by itself."""
    visit, page = await offered(world)
    said = SoftwareKey().create({**offer_of(page), **await visit.challenge("enrol")})
    other = await visit.browser.authorize(prompt="login")
    await visit.browser.sign_in(other, "bob")

    for headers in ({}, OURS):
        _, fields = form_of(page)
        await visit.browser.http.post(str(page.url), data={**fields, "act": "add", "passkey": said}, headers=headers)

    for name in ("alice", "bob"):
        assert await kept_by(world, name) == ()


async def test_ACC_16_an_offer_is_answered_with_what_was_asked_for(world: World) -> None:
    visit, page = await offered(world)
    asked, own = await visit.challenge("enrol"), await visit.challenge("offer")
    unasked = SoftwareKey(flags=0)

    for act, said in (
        ("add", unasked.create({**offer_of(page), **asked})),
        ("made", SoftwareKey().create({**offer_of(page), **await visit.challenge("enrol")})),
        ("add", SoftwareKey().create({**offer_of(page), **own})),
        ("add", "nonsense"),
    ):
        again = await visit.browser.submit(page, act=act, passkey=said)
        assert (again.status_code, again.url.path) == (400, "/login/passkey/after")
    assert await kept_by(world) == ()


async def test_what_verifies_passkeys_is_loaded_beside_the_event_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a third of a second, in which nobody else would be answered."""
    threads = list[int]()

    def load(name: str) -> object:
        threads.append(get_ident())
        return import_module(name)

    monkeypatch.setattr(passkey_ceremonies, "import_module", load)
    key = await enrol(world)
    await Visit(world).sign_in(key)

    assert len(threads) == 1
    assert threads[0] != get_ident()
