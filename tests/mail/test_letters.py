"""Letters: every one there is, written in both forms, from the catalogue to the mailbox of a real SMTP server."""

import re
from dataclasses import fields, replace
from email.headerregistry import Address
from pathlib import Path

import pytest
from tests.conftest import FakeClock
from tests.mail.post_office import open_office
from tests.world import World, config_for, open_world

from gatelodge.config.policies import Config, DatabasePolicy, MailPolicy
from gatelodge.mail import rendering
from gatelodge.mail.catalogue import LETTERS, Letter, PasswordChangedLetter
from gatelodge.mail.letters import Addressee
from gatelodge.mail.message import message_of
from gatelodge.ops import users
from gatelodge.outbox.courier import Courier
from gatelodge.outbox.mail import Mail, stationery
from gatelodge.protocol import email_address
from gatelodge.stores import outbox
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

HOST = "id.test"
HOSTILE = '"><a href="https://evil.test">'


def sample(letter: type[Letter]) -> dict[str, str | int]:
    """Something for every member of a letter, with what could break a page where it is no path."""
    given = {"link": "/a/link", "undo": "/a/link", "stop": "/a/link"}
    return {f.name: 1_800_000_000 if f.type in ("int", int) else given.get(f.name, HOSTILE) for f in fields(letter)}


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.template())
def test_WEB_07_a_letter_loads_nothing_and_leads_to_this_server_alone(letter: type[Letter]) -> None:
    written = stationery("https://id.test").write(letter.template(), "en", sample(letter))

    links = re.findall(r'(?:href|src|action|background)="([^"]*)"', written.html) + re.findall(
        r"https?://\S+", written.text
    )
    assert all(link.startswith("https://id.test/") for link in links), links
    assert not re.search(r"<(img|script|link|style|iframe|form)\b|url\(|@import", written.html)
    assert '<a href="https://evil' not in written.html
    assert "\n" not in written.subject
    assert written.subject in written.html
    assert HOST in written.text
    message = message_of(written, Address("x", "id", HOST), email_address.parse("a@ex.org"), "x", 1, "en")
    assert message.as_bytes().count(b"Subject:") == 1


def test_every_letter_has_its_template_and_every_template_its_letter() -> None:
    assert {file.name.partition(".")[0] for file in rendering.TEMPLATES.glob("*.letter.html")} == {
        letter.template() for letter in LETTERS
    }
    assert {kind.__name__ for kind in Letter.__subclasses__()} == {letter.__name__ for letter in LETTERS}


def configured(policy: DatabasePolicy, url: str) -> Config:
    return replace(config_for(policy.url), mail=MailPolicy(url=url, sender="Example <id@example.com>"))


async def look(world: World) -> None:
    mail = Mail.open(world.foundation)
    assert mail is not None
    await Courier(world.foundation.db, world.foundation.clock, mail).look()


async def set_password(world: World) -> None:
    on = world.foundation
    await on.db.write(users.set_password, "alice", "hash", on.letters, Origin("test"), on.clock.now())


async def test_a_change_is_told_by_mail_after_its_commit(database_policy: DatabasePolicy, clock: FakeClock) -> None:
    async with (
        open_office() as office,
        open_world(configured(database_policy, f"smtp://127.0.0.1:{office.port}"), clock) as world,
    ):
        await set_password(world)
        assert office.taken == []
        await look(world)
        await look(world)

    (letter,) = office.taken
    assert (letter["To"], letter["Subject"]) == ("alice@example.org", "Your password was changed")
    assert "id.test" in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_FLT_33_an_answer_does_not_wait_for_a_server_that_hangs_and_the_letter_is_sent_later(
    database_policy: DatabasePolicy, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mail, "patience", 0.2)
    async with (
        open_office() as office,
        open_world(configured(database_policy, f"smtp://127.0.0.1:{office.port}"), clock) as world,
    ):
        office.hangs = True
        await set_password(world)
        await look(world)
        assert office.taken == []
        (waiting,) = await world.foundation.db.read(outbox.list_open, 9)
        assert (waiting.tries, waiting.due_at) == (1, clock.at + 60)
        office.hangs = False
        clock.advance(60)
        await look(world)
        assert len(office.taken) == 1


async def test_a_mailbox_that_is_not_there_is_given_up_and_others_are_not(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    async with (
        open_office() as office,
        open_world(configured(database_policy, f"smtp://127.0.0.1:{office.port}"), clock) as world,
    ):
        office.refuses = "550 5.1.1 no such mailbox"
        await set_password(world)
        await look(world)
        (dead,) = await world.foundation.db.read(outbox.list_open, 9)
        assert (dead.dead_at, dead.reason) == (clock.at, "550 5.1.1 no such mailbox")


async def test_letters_may_be_kept_in_a_folder(
    database_policy: DatabasePolicy, clock: FakeClock, tmp_path: Path
) -> None:
    async with open_world(configured(database_policy, f"file://{tmp_path}/letters"), clock) as world:
        await set_password(world)
        await look(world)
    (file,) = (tmp_path / "letters").iterdir()
    assert b"Subject: Your password was changed" in file.read_bytes()


async def test_what_a_letter_holds_is_not_to_be_read_in_the_database(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    async with open_world(configured(database_policy, "smtp://127.0.0.1"), clock) as world:
        letter, to = PasswordChangedLetter(at=1_234_567), Addressee("ada@example.org")
        await world.foundation.db.write(world.foundation.letters.put, letter, to, "once", clock.at)
        (row,) = await world.foundation.db.read(outbox.list_open, 9)
    assert b"1234567" not in row.payload


async def test_an_address_that_no_mail_can_reach_is_given_up(database_policy: DatabasePolicy, clock: FakeClock) -> None:
    async with open_world(configured(database_policy, "smtp://127.0.0.1"), clock) as world:
        to = Addressee("eve@evil.test,ada@example.org")
        await world.foundation.db.write(world.foundation.letters.put, PasswordChangedLetter(at=1), to, "once", clock.at)
        await look(world)
        (dead,) = await world.foundation.db.read(outbox.list_open, 9)
    assert dead.dead_at == clock.at
