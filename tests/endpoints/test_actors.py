"""Every line of the audit trail says who did it."""

import pytest
from tests.world import World, refresh

from gatelodge.stores import audit
from gatelodge.stores.audit import who_did
from gatelodge.telemetry import changes
from gatelodge.telemetry.events import SERVER, Actor, Event, Origin, PasswordSet, SignedIn, SignInFailed, TokenRevoked

AUDITED = [kind for kind in Event.__subclasses__() if kind.audited]


@pytest.mark.anyio
async def test_what_people_clients_and_strangers_do_is_told_apart(world: World) -> None:
    browser, alice = world.browser(), str(world.people["alice"].id)
    await browser.sign_in(await browser.authorize(), "alice", "not-her-password")
    tokens = await browser.tokens()
    await refresh(world, tokens["refresh_token"])
    await world.direct("/revoke", "web1", token=tokens["access_token"])

    entries = await world.foundation.db.read(audit.list_recent, 100)
    assert {entry.event: entry.actor for entry in entries} == {
        "first_key_made": SERVER,
        "sign_in_failed": Actor("stranger"),
        "signed_in": Actor("person", alice),
        "consent_given": Actor("person", alice),
        "token_issued": Actor("client", "web1"),
        "token_refreshed": Actor("client", "web1"),
        "token_revoked": Actor("client", "web1"),
    }


def test_an_origin_that_says_who_did_it_is_believed_first() -> None:
    root = Actor("operator", "root")
    assert who_did(PasswordSet(user_id=7), Origin("cli", actor=root)) == root
    assert who_did(SignedIn(user_id=7, amr="pwd"), Origin("cli", actor=root)) == root
    assert who_did(PasswordSet(user_id=7), Origin("start", actor=SERVER)) == SERVER


def test_an_event_names_its_own_person_or_client_and_never_who_is_not_proven() -> None:
    assert who_did(SignedIn(user_id=7, amr="pwd"), Origin()) == Actor("person", "7")
    assert who_did(TokenRevoked(client_id="shop", what="family"), Origin()) == Actor("client", "shop")
    assert who_did(SignInFailed(user_id=7, reason="wrong"), Origin()) == Actor("stranger")
    assert who_did(PasswordSet(user_id=7), Origin()) == Actor("operator")


def test_every_event_that_is_kept_says_by_whom_it_is() -> None:
    """What operators change stands apart and is theirs unless it says otherwise; everything else must say."""
    said = {kind for kind in AUDITED if "by" in vars(kind) or kind.__module__ == changes.__name__}
    assert {kind.event_name() for kind in AUDITED if kind not in said} == set()
