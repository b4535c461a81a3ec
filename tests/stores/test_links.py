"""Accounts elsewhere: one person each, found by issuer and subject and by nothing else."""

from collections.abc import Awaitable, Callable

import pytest
from tests.stores.conftest import NOW

from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Database
from gatelodge.protocol.provider import Provider, UpstreamIdentity
from gatelodge.stores import endings, links, providers
from gatelodge.stores.providers import StoredProvider
from gatelodge.stores.users import UserRecord

pytestmark = pytest.mark.anyio

Person = Callable[..., Awaitable[UserRecord]]


def someone(issuer: str = "https://p.test", subject: str = "s-1", **members: str) -> UpstreamIdentity:
    return UpstreamIdentity(issuer=issuer, subject=subject, address="a@p.test", kept=members)


async def test_a_link_is_found_by_issuer_and_subject_together(database: Database, person: Person):
    alice = await person("alice")
    link = await database.write(links.add, alice.id, "p", someone(tid="t"), NOW)

    assert await database.read(links.find, "https://p.test", "s-1") == link
    assert await database.read(links.list_of, alice.id) == [link]
    assert link.kept == {"tid": "t"}
    for other in (("https://q.test", "s-1"), ("https://p.test", "s-2"), ("https://p.test", "S-1"), ("", "")):
        assert await database.read(links.find, *other) is None


async def test_ACC_19_nobody_connects_what_is_connected_already(database: Database, person: Person):
    alice, bob = await person("alice"), await person("bob")
    await database.write(links.add, alice.id, "p", someone(), NOW)

    with pytest.raises(NameTaken):
        await database.write(links.add, bob.id, "p", someone(), NOW)
    with pytest.raises(NameTaken):
        await database.write(links.add, alice.id, "other-name", someone(), NOW)

    assert await database.read(links.list_of, bob.id) == []


async def test_what_is_disconnected_can_be_connected_by_somebody_else(database: Database, person: Person):
    alice, bob = await person("alice"), await person("bob")
    link = await database.write(links.add, alice.id, "p", someone(), NOW)

    assert await database.write(links.remove, link)
    assert not await database.write(links.remove, link)
    assert (await database.write(links.add, bob.id, "p", someone(), NOW)).user_id == bob.id


async def test_a_person_takes_their_links_along_when_they_go(database: Database, person: Person):
    alice, bob = await person("alice"), await person("bob")
    await database.write(links.add, alice.id, "p", someone(), NOW)

    assert await database.write(endings.remove, alice.id, NOW)
    assert await database.read(links.find, "https://p.test", "s-1") is None
    assert (await database.write(links.add, bob.id, "p", someone(), NOW)).user_id == bob.id


async def test_use_notes_when_and_what_they_are_called_now(database: Database, person: Person):
    alice = await person("alice")
    link = await database.write(links.add, alice.id, "p", someone(), NOW)

    await database.write(links.use, link, "q", someone(login="alice-l"), NOW + 5)

    found = (await database.read(links.list_of, alice.id))[0]
    assert (found.provider, found.shown, found.used_at, found.created_at) == ("q", "alice-l", NOW + 5, NOW)


async def test_a_provider_is_kept_whole(database: Database):
    whole = Provider(name="p", kind="entra", label="P", client_id="c", tenants=("t",), levels={"mfa": "2"})
    await database.write(providers.add, StoredProvider(whole, b"sealed"), NOW)
    await database.write(
        providers.add, StoredProvider(Provider(name="a", kind="oidc", label="A", client_id="c"), None), NOW
    )

    assert [stored.provider.name for stored in await database.read(providers.list_all)] == ["p", "a"]
    assert await database.read(providers.find, "p") == StoredProvider(whole, b"sealed")
    assert await database.write(providers.reseal, "p", b"sealed", b"anew")
    assert not await database.write(providers.reseal, "p", b"sealed", b"again")
    assert await database.write(providers.set_enabled, "p", False, NOW)
    assert not (await database.read(providers.list_all))[0].provider.enabled
    with pytest.raises(NameTaken):
        await database.write(providers.add, StoredProvider(whole, None), NOW)
    assert await database.write(providers.remove, "p")
    assert not await database.write(providers.remove, "p")
