"""Handing messages to a real SMTP server: encrypted where it can be, and every way of failing told apart."""

import ssl
from email.headerregistry import Address
from urllib.parse import quote

import pytest
import trustme
from tests.mail.post_office import PASSWORD, open_office

from gatelodge.mail.carrier import NotSent
from gatelodge.mail.message import message_of
from gatelodge.mail.rendering import WrittenLetter
from gatelodge.mail.smtp import Smtp, server_of
from gatelodge.protocol import email_address

pytestmark = pytest.mark.anyio

TO = email_address.parse("ada@example.org")
SENDER = Address("Example", "id", "example.com")
WRITTEN = WrittenLetter("Grüße", "Ein Text\n", "<p>Ein Text</p>")
MESSAGE = message_of(WRITTEN, SENDER, TO, "abc", 1_800_000_000, "de")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this machine believe the authority."""
    make = ssl.create_default_context

    def believing(*args: object, **options: object) -> ssl.SSLContext:
        context: ssl.SSLContext = make(*args, **options)  # type: ignore[arg-type]
        authority.configure_trust(context)
        return context

    monkeypatch.setattr(ssl, "create_default_context", believing)


def smtp(url: str, *, demands_tls: bool = False) -> Smtp:
    return Smtp(server_of(url, demands_tls=demands_tls), SENDER.addr_spec, "id.test")


async def refusal(sending: Smtp) -> NotSent:
    with pytest.raises(NotSent) as caught:
        await sending.send(MESSAGE, TO)
    return caught.value


async def test_a_message_arrives_as_it_was_written() -> None:
    async with open_office() as office:
        await smtp(f"smtp://127.0.0.1:{office.port}").send(MESSAGE, TO)
    (arrived,) = office.taken
    assert office.recipients == ["ada@example.org"]
    assert (arrived["From"], arrived["To"], arrived["Subject"]) == (
        "Example <id@example.com>",
        "ada@example.org",
        "Grüße",
    )
    assert (arrived["Auto-Submitted"], arrived["Message-ID"]) == ("auto-generated", "<abc@example.com>")
    text, html = (part.get_content() for part in arrived.iter_parts())  # type: ignore[attr-defined]
    assert (text.replace("\r\n", "\n"), html.strip()) == (WRITTEN.text, WRITTEN.html)


async def test_tls_is_begun_where_it_is_offered(authority: trustme.CA, trusted: None) -> None:
    async with open_office(authority) as office:
        await smtp(f"smtp://me:{quote(PASSWORD)}@localhost:{office.port}").send(MESSAGE, TO)
    assert (office.encrypted, office.signed_in) == ([True], ["me"])


async def test_smtps_is_encrypted_from_the_start(authority: trustme.CA, trusted: None) -> None:
    async with open_office(authority, smtps=True) as office:
        await smtp(f"smtps://localhost:{office.port}").send(MESSAGE, TO)
    assert office.encrypted == [True]


async def test_a_server_with_a_certificate_of_nobody_gets_nothing(authority: trustme.CA) -> None:
    async with open_office(authority) as office:
        refused = await refusal(smtp(f"smtp://localhost:{office.port}"))
    assert refused.nobody_there
    assert office.taken == []


async def test_where_tls_is_a_must_and_not_offered_nothing_is_sent() -> None:
    async with open_office() as office:
        refused = await refusal(smtp(f"smtp://localhost:{office.port}", demands_tls=True))
    assert refused.nobody_there
    assert office.taken == []


def test_a_password_never_goes_unencrypted_to_another_machine() -> None:
    assert server_of("smtp://me:secret@mail.example.org", demands_tls=False).demands_tls
    assert not server_of("smtp://me:secret@localhost", demands_tls=False).demands_tls
    assert not server_of("smtp://mail.example.org", demands_tls=False).demands_tls
    assert "secret" not in repr(server_of("smtp://me:secret@mail.example.org", demands_tls=False))


@pytest.mark.parametrize(
    ("answer", "for_good"), [("550 5.1.1 no such mailbox", True), ("452 4.2.2 mailbox full", False)]
)
async def test_what_a_mailbox_answers_says_whether_to_try_again(answer: str, for_good: bool) -> None:
    async with open_office() as office:
        office.refuses = answer
        refused = await refusal(smtp(f"smtp://localhost:{office.port}"))
    assert (refused.for_good, refused.nobody_there, refused.reason) == (for_good, False, answer)


async def test_a_wrong_password_and_a_closed_door_are_nobody_there(authority: trustme.CA, trusted: None) -> None:
    async with open_office(authority) as office:
        refused = await refusal(smtp(f"smtp://me:wrong@localhost:{office.port}"))
    assert refused.nobody_there
    assert "wrong" not in refused.reason
    assert (await refusal(smtp(f"smtp://localhost:{office.port}"))).nobody_there


def test_each_way_has_its_port() -> None:
    assert server_of("smtp://mail.example.org", demands_tls=False).port == 587
    assert server_of("smtps://mail.example.org", demands_tls=False).port == 465
