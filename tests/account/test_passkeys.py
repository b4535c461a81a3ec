"""The page of passkeys: adding, renaming and removing one, by whom and how recently proved, and what is told of it."""

import json
from html import unescape
from typing import Any

import httpx2
import pytest
from tests.account.test_api import call, token_of
from tests.account.test_frame import signed_in
from tests.authenticator import SoftwareKey
from tests.authn.test_passkeys import OURS, enrol, kept_by
from tests.conftest import FakeClock
from tests.world import Browser, World, audited

from gatelodge.authn import passkey_acts
from gatelodge.authn.factor_acts import Occasion
from gatelodge.authn.passkey_acts import LastWay
from gatelodge.database.tx import Tx
from gatelodge.mail.letters import Letters
from gatelodge.stores import passkeys
from gatelodge.telemetry.events import Origin


async def at_page(browser: Browser) -> httpx2.Response:
    return await browser.get("/account/passkeys")


async def made(browser: Browser, page: httpx2.Response, key: SoftwareKey) -> str:
    """Answer the page's offer with this key."""
    options: dict[str, Any] = json.loads(unescape(page.text.split("data-options='")[1].split("'")[0]))
    challenge = await browser.http.post("/login/passkey/challenge", data={"purpose": "enrol"}, headers=OURS)
    return key.create({**options, **challenge.json()})


async def act(browser: Browser, name: str, /, **fields: str) -> httpx2.Response:
    return await browser.post_form(await at_page(browser), act=name, **fields)


async def test_a_passkey_is_added_and_told_to_the_person(world: World) -> None:
    browser, alice = await signed_in(world), world.people["alice"].id
    page = await at_page(browser)
    assert "script-src 'self'" in page.headers["content-security-policy"]

    answer = await browser.post_form(page, act="add", passkey=await made(browser, page, SoftwareKey()))

    done = await browser.follow(answer)
    assert "Your passkey is ready" in done.text
    assert "On this device only" in done.text
    assert await audited(world, answer) == [("passkey_added", None, alice)]
    assert [one.name for one in await kept_by(world)] == ["Passkey"]


async def test_ACC_15_a_change_wants_a_recent_proof(world: World, clock: FakeClock) -> None:
    key, browser = await enrol(world), await signed_in(world)
    page = await at_page(browser)
    said = await made(browser, page, SoftwareKey(credential_id=b"new"))
    (kept,) = await kept_by(world)
    clock.advance(301)

    assert "data-options" not in (await at_page(browser)).text
    for fields in ({"act": "add", "passkey": said}, {"act": "remove", "id": str(kept.id)}):
        asked = await browser.follow(await browser.post_form(page, **fields))
        assert asked.url.path == "/login"
    assert [one.id for one in await kept_by(world)] == [kept.id]
    assert key.credential_id == kept.credential_id


async def test_ACC_15_who_proves_themselves_once_more_has_it_removed(world: World, clock: FakeClock) -> None:
    await enrol(world)
    browser = await signed_in(world)
    (kept,) = await kept_by(world)
    page = await at_page(browser)
    clock.advance(301)

    asked = await browser.follow(await browser.post_form(page, act="remove", id=str(kept.id)))
    held = await browser.sign_in(asked)
    assert "Remove this passkey" in held.text
    done = await browser.submit(held, act="remove")
    assert 'id="done"' in done.text, done.text

    assert await kept_by(world) == ()


async def test_WEB_07_a_passkey_has_the_name_its_person_gives_it_and_it_is_only_text(world: World) -> None:
    await enrol(world)
    browser = await signed_in(world)
    (kept,) = await kept_by(world)

    answer = await act(browser, "rename", id=str(kept.id), name="  <script>alert(1)</script> \u202e phone ")

    page = await browser.follow(answer)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; phone" in page.text
    empty = await act(browser, "rename", id=str(kept.id), name=" \u200b ")
    assert (empty.status_code, "Give it a name." in empty.text) == (400, True)


async def test_nobody_changes_a_passkey_of_another_by_its_number(world: World) -> None:
    await enrol(world, "bob")
    (bobs,) = await kept_by(world, "bob")
    alice = await signed_in(world)
    await enrol(world, "alice", SoftwareKey(credential_id=b"alice's"))

    for name, fields in (("rename", {"name": "Mine"}), ("remove", {})):
        for number in (str(bobs.id), "0", "x", "9" * 30, ""):
            assert (await act(alice, name, id=number, **fields)).status_code == 404
    assert await kept_by(world, "bob") == (bobs,)


async def test_the_last_way_to_sign_in_cannot_be_removed(world: World) -> None:
    await enrol(world)
    browser, alice = await signed_in(world), world.people["alice"].id
    (kept,) = await kept_by(world)
    await world.foundation.db.write(_forget_password, alice)

    answer = await act(browser, "remove", id=str(kept.id))

    assert (answer.status_code, "only way to sign in" in answer.text) == (400, True)
    assert await kept_by(world) == (kept,)
    await enrol(world, key=SoftwareKey(credential_id=b"another"))
    assert (await act(browser, "remove", id=str(kept.id))).status_code == 303


async def test_of_two_that_remove_the_last_two_at_once_one_finds_that_the_other_did(world: World) -> None:
    for name in (b"one", b"two"):
        await enrol(world, key=SoftwareKey(credential_id=name))
    alice, db = world.people["alice"].id, world.foundation.db
    await db.write(_forget_password, alice)
    occasion = Occasion(Letters(None), Origin("test"), 0)

    outcomes: list[str] = []
    for one in await kept_by(world):
        try:
            await db.write(passkey_acts.remove, alice, one.id, occasion)
            outcomes.append("removed")
        except LastWay:
            outcomes.append("last")

    assert outcomes == ["removed", "last"]


async def test_one_that_may_have_been_copied_is_shown_first(world: World) -> None:
    key = await enrol(world)
    (kept,) = await kept_by(world)
    assert key.credential_id == kept.credential_id
    await world.foundation.db.write(passkeys.use, kept, 1, backed_up=False, suspect=True, now=5)
    browser = await signed_in(world)

    assert "may have been copied" in (await at_page(browser)).text
    overview = (await browser.get("/account")).text
    assert overview.index('id="to-passkeys"') < overview.index('id="to-profile"')


async def test_programs_list_rename_and_remove(world: World) -> None:
    await enrol(world)
    token = await token_of(world)

    (told,) = (await call(world, token, "passkeys")).json()["passkeys"]
    assert (told["name"], told["synced"], told["suspect"], told["used_at"]) == ("Passkey", False, False, None)

    assert (await call(world, token, "passkeys/rename", {"id": told["id"], "name": "Phone"})).status_code == 200
    assert [one.name for one in await kept_by(world)] == ["Phone"]
    assert (await call(world, token, "passkeys/remove", {"id": told["id"]})).status_code == 200
    assert await kept_by(world) == ()


async def test_a_program_adds_one_by_a_challenge_of_its_own_and_by_no_other(world: World) -> None:
    token, theirs = await token_of(world), await token_of(world, "bob", client_id="post1")
    begun = (await call(world, token, "passkeys/begin", {})).json()["options"]
    foreign = (await call(world, theirs, "passkeys/begin", {})).json()["options"]
    browser = await signed_in(world)
    at_a_page = await made(browser, await at_page(browser), SoftwareKey())

    for said in (SoftwareKey().create({**begun, "challenge": "x"}), SoftwareKey().create(foreign), at_a_page):
        refused = await call(world, token, "passkeys/add", {"passkey": said})
        assert (refused.status_code, refused.json()["problem"]) == (400, "expired")
    assert await kept_by(world) == ()

    added = await call(world, token, "passkeys/add", {"passkey": SoftwareKey().create(begun)})
    assert (added.json()["done"], len(await kept_by(world))) == ("added", 1)
    assert await audited(world, added) == [("passkey_added", None, world.people["alice"].id)]
    assert (await act(browser, "begin")).status_code == 404, "no form asks for it"


@pytest.mark.parametrize("said", ["", "nonsense"])
async def test_what_is_no_passkey_is_refused_on_the_page(world: World, said: str) -> None:
    browser = await signed_in(world)

    answer = await act(browser, "add", passkey=said)

    assert (answer.status_code, "Please try again" in answer.text) == (400, True)


async def _forget_password(tx: Tx, user_id: int) -> None:
    await tx.run("delete from credentials where user_id = $1", user_id)
