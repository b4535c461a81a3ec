"""What an operator changes of a person."""

import asyncio
from typing import Any

import pytest

from gatelodge.clock import SystemEntropy
from gatelodge.database.engines import open_database
from gatelodge.database.rows import NameTaken
from gatelodge.keys.vault import Vault
from gatelodge.mail.letters import KIND, Letters
from gatelodge.ops import claim_scopes, profile, user_changes, users
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.ops.user_changes import UserChange
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.stores import audit, email_changes, outbox
from gatelodge.stores import users as store
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW, LATER = 1_800_000_000, 1_800_000_060
ORIGIN = Origin("test")
LETTERS = Letters(Vault(["k" * 32], SystemEntropy()))
CLAIMS = {"locale": "en-GB", "phone_number": "+44 20 7946 0001", "phone_number_verified": True}
ADA = NewUser(
    sub="ada", username="ada", email="ada@example.org", email_verified=True, name="Ada Lovelace", claims=CLAIMS
)
BOB = NewUser(sub="bob", username="bob@example.org", email="bob@example.org", email_verified=True)


@pytest.fixture
async def people(database) -> dict[str, UserRecord]:
    return {new.sub: await database.write(users.add, new, None, ORIGIN, NOW) for new in (ADA, BOB)}


async def change(database, login: str, **said: Any) -> UserRecord:
    return await database.write(user_changes.change, login, UserChange(**said), LETTERS, ORIGIN, LATER)


async def trail(database) -> list[object]:
    entries = await database.read(audit.list_recent, 99)
    return [entry.detail["what"] for entry in reversed(entries) if entry.event == "user_changed"]


async def mailed(database) -> set[tuple[str, str]]:
    return {(one.template, one.recipient) for one in await database.read(outbox.list_recent, KIND, 99)}


async def test_what_is_named_changes_and_all_else_stays(database, people) -> None:
    scope = ClaimScope("employment", ("department",), "Your department")
    await database.write(claim_scopes.add, scope, ORIGIN, NOW)
    claims = {"locale": "fr", "department": "Research", "phone_number": "+44 20 7946 0002"}

    after = await change(database, "ADA", name="Ada King", claims=claims)

    assert (after.username, after.email, after.email_verified) == ("ada", "ada@example.org", True)
    assert (after.name, after.claims, after.updated_at) == ("Ada King", claims, LATER)
    assert (await change(database, "ada", name="", claims={"locale": None})).claims.keys() == {
        "department",
        "phone_number",
    }
    assert await change(database, "ada", claims={"department": "Research"}) == await database.read(users.show, "ada")
    assert await trail(database) == ["name department locale phone_number phone_number_verified", "name locale"]
    assert await mailed(database) == set()


async def test_another_address_is_not_proved_unless_that_is_said_and_the_old_one_is_told(database, people) -> None:
    after = await change(database, "ada", email="Ada@Example.Net")
    assert (after.email, after.email_verified, after.username) == ("ada@example.net", False, "ada")
    assert await mailed(database) == {("email_changed", "ada@example.org")}
    assert (await change(database, "ada", email_verified=True)).email_verified
    assert (await change(database, "ada", email="ada@third.test", email_verified=True)).email_verified
    assert (await change(database, "ada", email="", claims={})).email is None
    assert await trail(database) == ["email email_verified", "email_verified", "email", "email email_verified"]


async def test_who_signs_in_with_the_address_alone_signs_in_with_the_new_one(database, people) -> None:
    with pytest.raises(OperationRefused, match="--username"):
        await change(database, "bob@example.org", email="")
    assert (await change(database, "bob@example.org", email="bob@example.net")).username == "bob@example.net"
    assert await database.read(store.find_by_login, "bob@example.org") is None
    assert (await change(database, "bob@example.net", email="", username="bob")).username == "bob"


async def test_another_user_name_is_told(database, people) -> None:
    assert (await change(database, "ada", username="Countess")).username == "countess"
    assert await mailed(database) == {("username_changed", "ada@example.org")}
    assert await database.read(store.find_by_login, "ada") is None


async def test_ACC_19_an_address_that_is_set_is_not_taken_back_by_a_link_of_before(database, people) -> None:
    number = await database.write(email_changes.begin, people["ada"].id)
    await change(database, "ada", name="Ada King")
    assert await database.read(email_changes.is_in_force, people["ada"].id, number)
    await change(database, "ada", email="ada@example.net")
    assert not await database.read(email_changes.is_in_force, people["ada"].id, number)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no mailbox": ({"email": "ada@"}, "no e-mail address"),
    "several": ({"email": "a@b.test,c@d.test"}, "no e-mail address"),
    "nothing to prove": ({"email": "", "email_verified": True}, "no address"),
    "somebody else's name in an address": ({"username": "eve@example.org"}, "must be the person's"),
    "an empty user name": ({"username": " "}, "1 to 254"),
    "an unseen name": ({"name": "Ada\u202e"}, "can be seen"),
    "an endless name": ({"name": "x" * 201}, "at most 200"),
    "a claim that nobody is told": ({"claims": {"departmnt": "x"}}, "no scope releases it"),
    "a claim of the protocol": ({"claims": {"act": {"sub": "eve"}}}, "said by the protocol"),
    "no language": ({"claims": {"locale": "??"}}, "language tag"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_cannot_be_is_refused_and_nothing_is_changed(database, people, what: str) -> None:
    said, why = REFUSED[what]
    with pytest.raises(OperationRefused, match=why):
        await change(database, "ada", **said)
    assert await database.read(users.show, "ada") == people["ada"]
    assert await trail(database) == []


async def test_a_name_that_is_somebodys_is_refused(database, people) -> None:
    for said in {"username": "bob@example.org", "email": "bob@example.org"}, {"email": "bob@example.org"}:
        with pytest.raises(NameTaken):
            await change(database, "ada", **said)
    with pytest.raises(NotThere):
        await change(database, "nobody", name="x")
    assert await database.read(users.show, "ada") == people["ada"]


async def test_two_changes_of_one_person_at_once_are_both_kept(database, database_policy, people) -> None:
    """FLT-27: an operator's own, that of the person, and a third from another server: whole rows are written."""
    who, other = people["ada"].id, open_database(database_policy)
    await other.start()
    try:
        await asyncio.gather(
            database.write(user_changes.change, "ada", UserChange(claims={"locale": "fr"}), LETTERS, ORIGIN, LATER),
            database.write(profile.change, who, {"name": "Countess of Lovelace"}, ORIGIN, LATER),
            other.write(user_changes.change, "ada", UserChange(email="ada@new.test"), LETTERS, ORIGIN, LATER),
            other.write(profile.change, who, {"website": "https://ada.test/"}, ORIGIN, LATER),
        )
    finally:
        await other.close()

    kept = await database.read(store.find, who)
    told = (kept.email, kept.name, kept.claims.get("locale"), kept.claims.get("website"))
    assert told == ("ada@new.test", "Countess of Lovelace", "fr", "https://ada.test/")
