"""Registered clients on both engines."""

from dataclasses import fields, replace

import pytest

from gatelodge.database.rows import NameTaken
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.stores import clients, instance

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
SMALL = Client(id="small", name="Small", type="spa", auth_method="none")
FULL = Client(
    id="full",
    name="Everything – ünïcode",
    type="web",
    auth_method="private_key_jwt",
    secrets=(ClientSecret(b"\0\xff" * 16), ClientSecret(b"d" * 32, NOW + 60)),
    jwks='{"keys":[]}',
    jwks_uri="https://rp.test/jwks",
    redirect_uris=("https://rp.test/cb?a=b c", "https://rp.test/cb"),
    post_logout_redirect_uris=("https://rp.test/bye",),
    grants=frozenset({"authorization_code", "refresh_token"}),
    response_types=frozenset({"code", "code id_token"}),
    scopes=frozenset({"openid", "orders:read"}),
    pkce_exempt=True,
    trusted=True,
    auth_fixed=True,
    id_token_alg="ES256",
    id_token_claims=frozenset({"name", "email"}),
    client_uri="https://rp.test/",
    policy_uri="https://rp.test/policy",
    tos_uri="https://rp.test/tos",
    logo_uri="https://rp.test/logo.png",
    logo="0123456789abcdef.png",
    min_acr="phr",
    subject_type="pairwise",
    sector_identifier_uri="https://rp.test/sector",
    custom_schemes=frozenset({"cursor"}),
    backchannel_logout_uri="https://rp.test/back",
    backchannel_needs_sid=True,
    frontchannel_logout_uri="https://rp.test/front",
    frontchannel_needs_sid=True,
    require_pushed=True,
    dpop_bound=True,
    dpop_nonce_required=True,
    require_signed=True,
    request_object_alg="ES256",
    answer_alg="ES256",
    exchange_subjects=frozenset({"access_token"}),
    exchange_audiences=frozenset({"https://api.test"}),
    exchange_scopes=frozenset({"orders:read"}),
    impersonates=True,
    workloads=("github repository=octo-org/app",),
    may_act="agent",
    enabled=False,
    created_at=NOW - 1,
    generation=7,
    revision=9,
)


@pytest.mark.parametrize("made", [FULL, replace(SMALL, created_at=NOW)], ids=["full", "small"])
async def test_a_client_comes_back_as_it_was_registered(database, made):
    await database.write(clients.add, made, NOW)

    assert await database.read(clients.find, made.id) == made


def test_the_full_client_differs_from_the_small_one_in_every_member():
    assert [f.name for f in fields(Client) if getattr(FULL, f.name) == getattr(SMALL, f.name)] == []


async def test_a_client_that_says_nothing_of_it_was_created_now(database):
    await database.write(clients.add, SMALL, NOW)

    assert (await database.read(clients.find, "small")).created_at == NOW


async def test_an_id_is_had_by_one_client(database):
    await database.write(clients.add, SMALL, NOW)

    with pytest.raises(NameTaken):
        await database.write(clients.add, replace(FULL, id="small"), NOW)
    assert (await database.read(clients.find, "small")).name == "Small"


async def test_client_ids_are_told_apart_by_every_character(database):
    await database.write(clients.add, SMALL, NOW)

    assert await database.read(clients.find, "SMALL") is None
    assert await database.read(clients.find, "small ") is None


async def test_a_registration_is_replaced_whole(database):
    await database.write(clients.add, SMALL, NOW)
    changed = replace(FULL, id="small", created_at=NOW)

    assert await database.write(clients.replace, changed, NOW + 1) is True
    assert await database.read(clients.find, "small") == changed
    assert await database.write(clients.replace, FULL, NOW) is False


async def test_a_removed_client_is_gone(database):
    await database.write(clients.add, SMALL, NOW)

    assert await database.write(clients.remove, "small") is True
    assert await database.write(clients.remove, "small") is False
    assert await database.read(clients.find, "small") is None


async def test_clients_are_listed_by_id(database):
    await database.write(clients.add, SMALL, NOW)
    await database.write(clients.add, FULL, NOW)

    assert [client.id for client in await database.read(clients.list_all)] == ["full", "small"]


async def test_every_change_raises_the_revision(database):
    await database.write(instance.create, b"epoch", b"check", NOW)

    await database.write(clients.add, SMALL, NOW)
    await database.write(clients.replace, SMALL, NOW)
    await database.write(clients.set_enabled, "small", False, NOW)
    await database.write(clients.set_secrets, "small", (), (), NOW)
    await database.write(clients.remove, "small")

    assert await database.read(instance.revision) == 5


async def test_a_client_is_disabled_whatever_else_changes_at_the_same_time(database):
    await database.write(clients.add, SMALL, NOW)
    await database.write(clients.add, replace(SMALL, id="other"), NOW)
    old, new = (ClientSecret(b"1" * 32),), (ClientSecret(b"2" * 32), ClientSecret(b"1" * 32, NOW + 60))

    assert await database.write(clients.set_secrets, "small", (), old, NOW) is True
    assert await database.write(clients.set_enabled, "small", False, NOW) is True
    assert await database.write(clients.set_secrets, "small", old, new, NOW) is True

    assert await database.read(clients.find, "small") == replace(SMALL, secrets=new, enabled=False, created_at=NOW)
    assert await database.read(clients.find, "other") == replace(SMALL, id="other", created_at=NOW)


async def test_secrets_that_changed_meanwhile_are_not_lost(database):
    await database.write(clients.add, replace(SMALL, secrets=(ClientSecret(b"1" * 32),)), NOW)

    assert await database.write(clients.set_secrets, "small", (), (ClientSecret(b"2" * 32),), NOW) is False
    assert (await database.read(clients.find, "small")).secrets == (ClientSecret(b"1" * 32),)
