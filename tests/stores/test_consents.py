"""Consents on both engines: they grow, they are withdrawn, and no tab's is lost."""

import asyncio

import pytest
from tests.consenting import allow

from gatelodge.stores import clients, consents, endings
from gatelodge.stores.consents import Consent

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
NONE = frozenset()


async def test_nothing_is_allowed_to_begin_with(database, person, client):
    alice = await person("alice")
    await client("web1")

    assert await database.read(consents.granted, alice.id, "web1") is None


async def test_what_is_allowed_adds_to_what_was_allowed_before(database, person, client):
    alice = await person("alice")
    await client("web1")

    await database.write(allow, alice.id, "web1", frozenset({"openid"}), NONE, NOW)
    more = (frozenset({"email", "openid"}), frozenset({"https://api.test"}))
    allowed = await database.write(allow, alice.id, "web1", *more, NOW + 1)

    assert allowed == Consent(frozenset({"openid", "email"}), frozenset({"https://api.test"}), NOW + 1)
    assert await database.read(consents.granted, alice.id, "web1") == allowed


async def test_of_many_tabs_none_loses_what_another_allowed(database, person, client):
    alice = await person("alice")
    await client("web1")
    scopes = [f"scope-{number}" for number in range(50)]

    await asyncio.gather(*(database.write(allow, alice.id, "web1", frozenset({scope}), NONE, NOW) for scope in scopes))

    assert (await database.read(consents.granted, alice.id, "web1")).scopes == frozenset(scopes)


async def test_a_consent_is_for_one_client_and_one_person(database, person, client):
    alice, bob = await person("alice"), await person("bob")
    await client("web1")
    await client("web2")
    await database.write(allow, alice.id, "web1", frozenset({"openid"}), NONE, NOW)

    assert await database.read(consents.granted, alice.id, "web2") is None
    assert await database.read(consents.granted, bob.id, "web1") is None


async def test_who_allows_more_does_so_for_themselves_and_one_client(database, person, client):
    alice, bob = await person("alice"), await person("bob")
    await client("web1")
    await client("web2")
    openid = frozenset({"openid"})
    for whose in ((alice.id, "web1"), (alice.id, "web2"), (bob.id, "web1")):
        await database.write(allow, *whose, openid, NONE, NOW)

    await database.write(allow, alice.id, "web1", frozenset({"email"}), NONE, NOW + 1)

    for whose in ((alice.id, "web2"), (bob.id, "web1")):
        assert await database.read(consents.granted, *whose) == Consent(openid, NONE, NOW)


async def test_a_withdrawn_consent_is_gone(database, person, client):
    alice = await person("alice")
    await client("web1")
    await database.write(allow, alice.id, "web1", frozenset({"openid"}), NONE, NOW)

    assert await database.write(consents.withdraw, alice.id, "web1") is True
    assert await database.write(consents.withdraw, alice.id, "web1") is False
    assert await database.read(consents.granted, alice.id, "web1") is None


@pytest.mark.parametrize("gone", ["person", "client"])
async def test_a_consent_goes_with_either_side(database, person, client, gone):
    alice = await person("alice")
    await client("web1")
    await database.write(allow, alice.id, "web1", frozenset({"openid"}), NONE, NOW)

    await (
        database.write(endings.remove, alice.id, NOW) if gone == "person" else database.write(clients.remove, "web1")
    )

    assert await database.read(consents.granted, alice.id, "web1") is None
