"""The verbs on clients, on both engines, judged by policy and written to the audit trail."""

import re
from dataclasses import replace

import pytest

from gatelodge.config.policies import LegacyPolicy
from gatelodge.database.rows import NameTaken
from gatelodge.grants import GRANTS
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.ops import clients
from gatelodge.ops.client_drafts import complete
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.protocol.errors import OAuthError
from gatelodge.stores import audit
from gatelodge.stores import clients as store
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
OFF = LegacyPolicy()
ORIGIN = Origin("test")


class Counting:
    """Entropy that counts, so that values can be told apart."""

    def __init__(self) -> None:
        self.count = 0

    def bytes(self, count: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(count)


def web(**more: object) -> Client:
    draft = {"client_name": "Web", "type": "web", "redirect_uris": ["https://rp.test/cb"]}
    return replace(complete(draft, Counting(), NOW, "web").client, **more)


async def events(database) -> list[str]:
    return [entry.event for entry in await database.read(audit.list_recent, 50)][::-1]


async def trail(database, event: str) -> list[audit.AuditEntry]:
    return [entry for entry in await database.read(audit.list_recent, 50) if entry.event == event]


@pytest.mark.parametrize(
    ("kind", "method", "grants", "response_types"),
    [
        ("web", "client_secret_basic", {"authorization_code", "refresh_token"}, {"code"}),
        ("spa", "none", {"authorization_code", "refresh_token"}, {"code"}),
        ("native", "none", {"authorization_code", "refresh_token"}, {"code"}),
        ("service", "client_secret_basic", {"client_credentials"}, set()),
    ],
)
def test_each_type_has_what_is_usual_for_it(kind, method, grants, response_types) -> None:
    new = complete({"client_name": "N", "type": kind}, Counting(), NOW)
    assert (new.client.auth_method, new.client.grants, new.client.response_types) == (method, grants, response_types)
    assert (new.secret is not None) == (method != "none")


def test_the_secret_is_kept_as_its_digest_only() -> None:
    new = complete({"client_name": "N", "type": "service"}, Counting(), NOW)
    assert new.secret is not None
    assert new.secret.reveal().startswith("gls_")
    assert new.client.secrets == (ClientSecret(client_secret_digest(new.secret.reveal())),)
    assert new.secret.reveal() not in repr(new)


def test_two_clients_get_two_ids_and_two_secrets() -> None:
    entropy = Counting()
    one, other = (complete({"client_name": "N", "type": "service"}, entropy, NOW) for _ in range(2))
    assert one.client.id != other.client.id
    assert one.client.secrets != other.client.secrets


@pytest.mark.parametrize("reserved", ["https://rp.test/client.json", "HTTPS://rp.test", "http://rp.test"])
def test_an_id_is_never_a_url(reserved: str) -> None:
    with pytest.raises(OperationRefused, match="must not start with https"):
        complete({"client_name": "N", "type": "service"}, Counting(), NOW, reserved)


def test_the_order_of_words_in_a_response_type_says_nothing() -> None:
    draft = {"client_name": "N", "type": "web", "response_types": ["id_token code", "code"]}
    assert complete(draft, Counting(), NOW).client.response_types == {"code id_token", "code"}


async def test_an_added_client_is_there_and_in_the_trail(database) -> None:
    assert await database.write(clients.add, web(), OFF, ORIGIN, NOW) == web()
    assert await database.read(store.find, "web") == web()
    assert await events(database) == ["client_added"]


async def test_an_exemption_from_pkce_is_an_event_of_its_own(database) -> None:
    await database.write(clients.add, web(pkce_exempt=True), OFF, ORIGIN, NOW)
    assert await events(database) == ["client_added", "pkce_exempted"]


async def test_an_id_is_registered_once(database) -> None:
    await database.write(clients.add, web(), OFF, ORIGIN, NOW)
    with pytest.raises(NameTaken):
        await database.write(clients.add, web(name="Other"), OFF, ORIGIN, NOW)
    assert await events(database) == ["client_added"]


REFUSED = {
    "a public client without PKCE": {"auth_method": "none", "secrets": (), "pkce_exempt": True},
    "the password grant": {"grants": frozenset({"password", "authorization_code"})},
    "implicit": {"response_types": frozenset({"code", "token"})},
    "a script": {"redirect_uris": ("javascript:alert(1)",)},
    "no redirect URI": {"redirect_uris": ()},
}


@pytest.mark.parametrize("what", REFUSED)
async def test_RED_13_policy_is_judged_on_the_client_as_it_would_be(database, what: str) -> None:
    with pytest.raises(OAuthError):
        await database.write(clients.add, web(**REFUSED[what]), OFF, ORIGIN, NOW)
    assert await database.read(store.list_all) == []
    assert await events(database) == []


async def test_a_legacy_client_is_taken_when_the_setting_is_on(database) -> None:
    legacy = web(grants=frozenset({"password"}), response_types=frozenset())
    await database.write(clients.add, legacy, LegacyPolicy(password=True), ORIGIN, NOW)
    assert await database.read(store.find, "web") == legacy


async def test_CA_16_the_old_secret_runs_out_and_two_work_at_most(database) -> None:
    await database.write(clients.add, web(secrets=(ClientSecret(b"1"),)), OFF, ORIGIN, NOW)
    once = await database.write(clients.rotate_secret, "web", b"2", 100, ORIGIN, NOW)
    assert once.secrets == (ClientSecret(b"2"), ClientSecret(b"1", NOW + 100))
    again = await database.write(clients.rotate_secret, "web", b"3", 50, ORIGIN, NOW + 10)
    assert again.secrets == (ClientSecret(b"3"), ClientSecret(b"2", NOW + 60))
    assert await database.read(store.find, "web") == again


async def test_without_overlap_the_old_secret_ends_now(database) -> None:
    await database.write(clients.add, web(), OFF, ORIGIN, NOW)
    assert (await database.write(clients.rotate_secret, "web", b"2", 0, ORIGIN, NOW)).secrets == (ClientSecret(b"2"),)


async def test_an_overlap_never_lengthens_a_secret(database) -> None:
    await database.write(clients.add, web(secrets=(ClientSecret(b"1", NOW + 5),)), OFF, ORIGIN, NOW)
    renewed = await database.write(clients.rotate_secret, "web", b"2", 100, ORIGIN, NOW)
    assert renewed.secrets[1].expires_at == NOW + 5


async def test_a_public_client_has_no_secret_to_rotate(database) -> None:
    await database.write(clients.add, web(auth_method="none", secrets=()), OFF, ORIGIN, NOW)
    with pytest.raises(OperationRefused, match="has no secret"):
        await database.write(clients.rotate_secret, "web", b"2", 0, ORIGIN, NOW)


async def test_disabling_and_enabling_are_kept_and_audited(database) -> None:
    await database.write(clients.add, web(), OFF, ORIGIN, NOW)
    assert not (await database.write(clients.disable, "web", ORIGIN, NOW)).enabled
    assert (await database.write(clients.enable, "web", ORIGIN, NOW)).enabled
    assert await events(database) == ["client_added", "client_disabled", "client_enabled"]


async def test_a_removed_client_is_gone(database) -> None:
    await database.write(clients.add, web(), OFF, ORIGIN, NOW)
    await database.write(clients.remove, "web", ORIGIN, NOW)
    assert await database.read(store.find, "web") is None
    assert await events(database) == ["client_added", "client_removed"]


async def test_nothing_is_done_to_a_client_that_is_not_there(database) -> None:
    for body, more in (
        (clients.show, ()),
        (clients.rotate_secret, (b"2", 0, ORIGIN, NOW)),
        (clients.enable, (ORIGIN, NOW)),
        (clients.disable, (ORIGIN, NOW)),
        (clients.remove, (ORIGIN, NOW)),
    ):
        with pytest.raises(NotThere, match="no client 'web'"):
            await database.write(body, "web", *more)
    assert await events(database) == []


async def test_every_grant_of_this_server_can_be_registered_and_no_other(database) -> None:
    assert clients.grant_types() == {grant.grant_type for grant in GRANTS}
    with pytest.raises(OAuthError):
        await database.write(clients.add, web(grants=frozenset({"authorization_code", "toy"})), OFF, ORIGIN, NOW)


async def changed(database, **said: object) -> Client:
    return await database.write(clients.change, "web", said, ClientSecret(b"new"), OFF, ORIGIN, NOW + 1)


async def test_a_change_keeps_what_it_does_not_name_and_says_what_it_changed(database) -> None:
    before = await database.write(clients.add, web(tos_uri="https://rp.test/tos"), OFF, ORIGIN, NOW)

    after = await changed(database, redirect_uris=["https://rp.test/cb", "https://rp.test/2"], tos_uri=None)

    assert after == replace(before, redirect_uris=("https://rp.test/cb", "https://rp.test/2"), tos_uri=None)
    assert await database.read(store.find, "web") == after
    assert [entry.detail["what"] for entry in await trail(database, "client_changed")] == ["redirect_uris tos_uri"]


async def test_a_change_to_what_it_is_already_is_none(database) -> None:
    before = await database.write(clients.add, web(), OFF, ORIGIN, NOW)

    assert await changed(database, client_name="Web") == before
    assert await events(database) == ["client_added"]


async def test_a_client_that_needs_a_secret_gets_one_and_loses_it_with_the_need(database) -> None:
    await database.write(clients.add, web(secrets=(ClientSecret(b"old"),)), OFF, ORIGIN, NOW)

    other_way = await changed(database, token_endpoint_auth_method="client_secret_post")
    public = await changed(database, token_endpoint_auth_method="none")
    again = await changed(database, token_endpoint_auth_method="client_secret_basic")

    assert [one.secrets for one in (other_way, public, again)] == [(ClientSecret(b"old"),), (), (ClientSecret(b"new"),)]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"redirect_uris": []}, "redirect_uris is missing"),
        ({"redirect_uris": "https://rp.test/cb"}, "redirect_uris must be a list of texts"),
        ({"client_name": None}, "client_name is missing"),
        ({"type": "gadget"}, "type must be one of web, spa, native, service"),
        ({"trusted": "yes"}, "trusted must be true or false"),
        ({"token_endpoint_auth_method": "none", "require_pkce": False}, "a public client can not be exempt from PKCE"),
        ({"grant_types": ["password"], "response_types": []}, "which [legacy] does not turn on"),
    ],
)
async def test_DCR_04_a_change_is_judged_on_the_client_as_it_would_be(database, said, error) -> None:
    before = await database.write(clients.add, web(), OFF, ORIGIN, NOW)

    with pytest.raises(OAuthError, match=re.escape(error)):
        await changed(database, **said)
    assert await database.read(store.find, "web") == before


async def test_DCR_02_a_document_changes_nothing_but_its_members(database) -> None:
    before = await database.write(clients.add, web(), OFF, ORIGIN, NOW)

    more: dict[str, object] = {
        "client_id": "root",
        "enabled": False,
        "secrets": [],
        "created_at": 1,
        "skip_consent": True,
    }
    assert await changed(database, **more) == before
