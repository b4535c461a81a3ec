"""Refresh tokens of providers: kept if the operator wants that, renewed, and over with whatever they hang on."""

import asyncio
from dataclasses import replace

import pytest
from tests.conftest import FakeClock
from tests.federated import OPERATOR, Federated
from tests.providers.test_sign_in import link_of, linked
from tests.world import PASSWORDS

from gatelodge.authn.federation.keeping import RENEWAL_LEASE, KeptTokens
from gatelodge.keys.vault import Vault
from gatelodge.ops import links as link_verbs
from gatelodge.ops import providers as verbs
from gatelodge.stores import audit, endings, kept_tokens, links
from gatelodge.stores.audit import AuditEntry

pytestmark = pytest.mark.anyio

A_DAY = 86_400
FIRST = "the first refresh token"
SECOND, THIRD = "the second refresh token", "the third refresh token"


async def kept(federated: Federated, name: str = "corp") -> int:
    return await federated.world.foundation.db.read(kept_tokens.count, name)


async def renew(federated: Federated) -> None:
    """Let the background look once, as it does by itself."""
    await federated.look()
    watches = federated.world.foundation.watches.watched
    await next(watch for watch in watches if watch.name == "kept_tokens").look()


async def sign_in(federated: Federated, gives: str = FIRST, name: str = "corp") -> str:
    """Sign alice in with a provider that gives this refresh token; return where her browser was sent."""
    federated.stub.members["refresh_token"] = gives
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize(), name)
    assert (await federated.come_back(browser, sent, at=name)).url.path == "/consent"
    return sent.headers["location"]


async def begin(federated: Federated) -> None:
    await federated.add(keep_tokens=True)
    await linked(federated)
    await sign_in(federated)
    assert await kept(federated) == 1


def asked(federated: Federated) -> list[str]:
    """The refresh tokens that the provider was shown."""
    return [form["refresh_token"] for path, form in federated.stub.heard if path == "/token" and "code" not in form]


async def lost(federated: Federated) -> list[AuditEntry]:
    entries = await federated.world.foundation.db.read(audit.list_recent, 50)
    return [entry for entry in entries if entry.event == "upstream_token_lost"]


async def test_nothing_is_asked_for_and_nothing_kept_unless_the_operator_wants_it(
    federated: Federated, clock: FakeClock
):
    await federated.add()
    await linked(federated)

    assert "offline_access" not in await sign_in(federated)
    clock.advance(2 * A_DAY)
    await renew(federated)

    assert (await kept(federated), asked(federated)) == (0, [])


async def test_a_token_is_renewed_once_a_day_and_the_newest_is_kept(federated: Federated, clock: FakeClock):
    federated.stub.renewable |= {FIRST: SECOND, SECOND: SECOND}
    await begin(federated)
    await renew(federated)
    assert asked(federated) == []

    for _ in range(3):
        clock.advance(A_DAY)
        await renew(federated)
        await renew(federated)

    assert asked(federated) == [FIRST, SECOND, SECOND]
    assert (await kept(federated), await lost(federated)) == (1, [])


async def test_each_sign_in_replaces_it_and_one_that_brings_none_does_not(federated: Federated, clock: FakeClock):
    await begin(federated)
    await sign_in(federated, THIRD)
    await sign_in(federated, "")
    federated.stub.renewable[THIRD] = THIRD

    clock.advance(A_DAY)
    await renew(federated)

    assert (asked(federated), await kept(federated)) == ([THIRD], 1)


async def test_of_processes_that_look_at_once_one_renews(federated: Federated, clock: FakeClock):
    federated.stub.renewable[FIRST] = SECOND
    await begin(federated)
    clock.advance(A_DAY)

    await asyncio.gather(*(renew(federated) for _ in range(3)))

    assert (asked(federated), await kept(federated)) == ([FIRST], 1)


async def test_what_the_provider_takes_back_is_forgotten_and_told(
    federated: Federated, clock: FakeClock, capsys: pytest.CaptureFixture[str]
):
    await begin(federated)
    clock.advance(A_DAY)
    await renew(federated)
    clock.advance(A_DAY)
    await renew(federated)

    told = await lost(federated)
    assert [(one.user_id, one.actor.kind, dict(one.detail)) for one in told] == [
        (federated.world.people["alice"].id, "server", {"provider": "corp", "reason": "refused"})
    ]
    assert (asked(federated), await kept(federated)) == ([FIRST], 0)
    said = capsys.readouterr().out
    assert "upstream_token_lost" in said
    assert FIRST not in said + repr(told)


@pytest.mark.parametrize(
    "answer",
    [(503, b"", "text/plain"), (401, b'{"error": "invalid_client"}', "application/json"), (200, b"?", "text/html")],
)
async def test_what_may_be_better_tomorrow_costs_no_token(
    federated: Federated, clock: FakeClock, answer: tuple[int, bytes, str]
):
    federated.stub.renewable[FIRST] = FIRST
    await begin(federated)
    federated.stub.answers["/token"] = answer
    clock.advance(A_DAY)
    await renew(federated)
    await renew(federated)
    assert (asked(federated), await kept(federated)) == ([FIRST], 1)

    federated.stub.answers.clear()
    clock.advance(RENEWAL_LEASE)
    await renew(federated)
    assert (asked(federated), await kept(federated), await lost(federated)) == ([FIRST, FIRST], 1, [])


async def test_a_provider_that_is_away_or_disabled_is_not_asked(federated: Federated, clock: FakeClock):
    await begin(federated)
    on = federated.world.foundation
    federated.stub.answers["/.well-known/openid-configuration"] = (503, b"", "text/plain")
    clock.advance(A_DAY)
    await renew(federated)
    await on.db.write(verbs.disable, "corp", OPERATOR, on.clock.now())
    clock.advance(A_DAY)
    await renew(federated)

    assert (asked(federated), await kept(federated)) == ([], 1)


async def test_a_secret_key_that_was_replaced_can_be_forgotten_a_day_later(federated: Federated, clock: FakeClock):
    federated.stub.renewable[FIRST] = FIRST
    await begin(federated)
    on = federated.world.foundation
    old, new, wrong = federated.world.foundation.config.keys.secret_key, "n" * 32, "w" * 32

    async def renew_under(*secret_keys: str) -> None:
        clock.advance(A_DAY)
        await federated.look()
        vault = Vault(secret_keys, on.entropy)
        await KeptTokens(replace(on, vault=vault), federated.world.server.authn.upstream.providers).look()

    await renew_under(new, old)
    await renew_under(new)
    assert (len(asked(federated)), await kept(federated)) == (2, 1)

    await renew_under(wrong)
    assert [dict(one.detail)["reason"] for one in await lost(federated)] == ["unreadable"]
    assert (len(asked(federated)), await kept(federated)) == (2, 0)


async def test_it_is_sealed_for_one_person_alone(federated: Federated):
    await begin(federated)
    on = federated.world.foundation
    link = await on.db.read(links.find, federated.stub.issuer, "u-1")
    assert link is not None
    token = await on.db.write(kept_tokens.claim, link.id, on.clock.now() + A_DAY, on.clock.now() + A_DAY)

    assert token is not None
    assert FIRST.encode() not in token.sealed
    assert on.vault.unseal(token.sealed, f"refresh token of {federated.stub.issuer} u-1") == FIRST.encode()
    assert token.sealed.hex() not in repr(link)


async def test_it_ends_with_its_link(federated: Federated):
    await begin(federated)
    on, alice = federated.world.foundation, federated.world.people["alice"]
    link = (await on.db.read(links.list_of, alice.id))[0]
    await on.db.write(link_verbs.disconnect, alice.id, link.id, on.letters, OPERATOR, on.clock.now())
    assert await kept(federated) == 0


@pytest.mark.parametrize("end", [endings.disable, endings.remove])
async def test_it_ends_with_its_persons_standing(federated: Federated, clock: FakeClock, end):
    await begin(federated)
    on = federated.world.foundation
    await on.db.write(end, federated.world.people["alice"].id, on.clock.now())
    clock.advance(A_DAY)
    await renew(federated)
    assert (await kept(federated), asked(federated)) == (0, [])


async def test_it_ends_with_its_provider_for_good(federated: Federated, clock: FakeClock):
    await begin(federated)
    on = federated.world.foundation
    await on.db.write(verbs.remove, "corp", OPERATOR, on.clock.now())
    assert await kept(federated) == 0

    await federated.add(keep_tokens=True)
    clock.advance(A_DAY)
    await renew(federated)
    assert asked(federated) == []


async def test_a_token_of_another_client_of_the_same_provider_is_not_kept_on(federated: Federated):
    await begin(federated)
    await federated.add("second")
    await sign_in(federated, SECOND, "second")
    assert (await kept(federated), await kept(federated, "second")) == (0, 0)


async def test_what_came_with_somebody_who_has_to_sign_in_once_is_kept_when_they_did(
    federated: Federated, clock: FakeClock
):
    await federated.add(keep_tokens=True)
    federated.stub.members["refresh_token"] = FIRST
    federated.stub.renewable[FIRST] = FIRST
    browser = federated.world.browser()
    page = await federated.sign_in(browser, email="alice@example.org", email_verified=True)
    assert await kept(federated) == 0

    login = await browser.follow(await browser.http.get(link_of(page, "sign-in")))
    page = await browser.submit(login, username="alice", password=PASSWORDS["alice"])
    assert (await browser.submit(page)).url.path == "/consent"
    assert await kept(federated) == 1
    clock.advance(A_DAY)
    await renew(federated)
    assert asked(federated) == [FIRST]
