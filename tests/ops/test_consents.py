"""What an operator does about consents: sees them, and takes one back with all that it allowed."""

import pytest
from tests import holding
from tests.consenting import allow

from gatelodge.ops import consents as verbs
from gatelodge.ops import users
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.client import Client
from gatelodge.stores import audit, clients, consents, live_families
from gatelodge.stores.refresh_tokens import NewFamily
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORIGIN = Origin("test")
NONCE = b"nonce---"


async def open_family(database, user_id: int, client_id: str) -> int:
    family = NewFamily(
        nonce=NONCE,
        client_id=client_id,
        code_id=None,
        generation=1,
        idle_expires_at=NOW + 99,
        expires_at=NOW + 99,
        payload="{}",
    )
    return await database.write(holding.open_family, user_id, family, NOW)


@pytest.fixture
async def families(database) -> dict[tuple[str, str], int]:
    """Two people who each allowed two clients something, and the tokens these have."""
    made = {}
    for client_id in ("shop", "mail"):
        await database.write(
            clients.add, Client(id=client_id, name=client_id.title(), type="web", auth_method="none"), NOW
        )
    for name in ("ada", "bob"):
        user = await database.write(users.add, NewUser(sub=name, username=name), None, ORIGIN, NOW)
        for client_id in ("shop", "mail"):
            await database.write(allow, user.id, client_id, frozenset({"openid"}), frozenset({"https://a#r"}), NOW)
            made[name, client_id] = await open_family(database, user.id, client_id)
    return made


async def alive(database, families: dict[tuple[str, str], int]) -> set[tuple[str, str]]:
    return {
        whose
        for whose, row in families.items()
        if await database.read(live_families.find_live, row, NONCE, NOW) is not None
    }


async def allowed(database, login: str) -> list[str]:
    return [one.client_id for one in await database.read(verbs.allowed_by, login)]


async def test_what_a_person_allowed_is_listed_by_the_clients_names(database, families) -> None:
    mail, shop = await database.read(verbs.allowed_by, "Ada")
    assert (mail.client_id, mail.client_name, shop.client_id) == ("mail", "Mail", "shop")
    assert mail.consent == consents.Consent(frozenset({"openid"}), frozenset({"https://a#r"}), NOW)


async def test_taking_a_consent_back_ends_what_that_client_has_of_that_person_and_nothing_else(
    database, families
) -> None:
    await database.write(verbs.withdraw, "ada", "shop", ORIGIN, NOW)
    assert await alive(database, families) == families.keys() - {("ada", "shop")}
    assert await allowed(database, "ada") == ["mail"]
    assert await allowed(database, "bob") == ["mail", "shop"]


async def test_it_is_in_the_audit_trail(database, families) -> None:
    await database.write(verbs.withdraw, "ada", "shop", ORIGIN, NOW)
    (entry,) = await database.read(audit.list_recent, 1)
    assert (entry.event, entry.client_id, entry.user_id is not None) == ("consent_withdrawn", "shop", True)


async def test_a_client_that_never_asked_loses_its_tokens_all_the_same(database, families) -> None:
    user = await database.read(users.show, "ada")
    await database.write(consents.withdraw, user.id, "shop")
    await database.write(verbs.withdraw, "ada", "shop", ORIGIN, NOW)
    assert ("ada", "shop") not in await alive(database, families)


@pytest.mark.parametrize(("login", "client_id"), [("ada", "nothing"), ("nobody", "shop")])
async def test_what_is_not_there_is_refused_and_leaves_no_line(database, families, login, client_id) -> None:
    before = await database.read(audit.list_recent, 100)
    with pytest.raises(NotThere):
        await database.write(verbs.withdraw, login, client_id, ORIGIN, NOW)
    assert await database.read(audit.list_recent, 100) == before
