"""Addresses that mail is sent to: one mailbox each, and nothing else in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol import email_address
from gatelodge.protocol.email_address import EmailAddress


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("ada@example.org", "ada", "example.org"),
        ("ada.l+gate@mail.Example.ORG", "ada.l+gate", "mail.example.org"),
        ("o'brien@example.org", "o'brien", "example.org"),
        ("ada@bücher.example", "ada", "xn--bcher-kva.example"),
    ],
)
def test_an_address_is_a_mailbox_at_a_domain(text: str, local: str, domain: str) -> None:
    assert email_address.parse(text) == EmailAddress(local, domain)


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "ada", "ada@", "@example.org", "ada@localhost", "ada@example", "ada@127.0.0.1", "ada@[127.0.0.1]"),
        *(
            "a@evil.com@company.com",
            "a@evil.com,b@company.com",
            "ada@example.org ",
            " ada@example.org",
            "a b@example.org",
        ),
        *("ada@example.org\r\nBcc: eve@evil.test", "ada\0@example.org", '"a@b"@example.org', "ada@example..org"),
        *("m\u0131ke@example.org", "\u017fue@example.org", "mi\u212ae@example.org"),  # i, s and k to who ignores case
        *("ada@-example.org", ".ada@example.org", "ada.@example.org", "a..b@example.org", "Ada <ada@example.org>"),
        *("ada@example.org?bcc=eve@evil.test", "ada@exa/mple.org", "ädä@example.org", "ada@example.org."),
        *("x" * 65 + "@example.org", "ada@" + "x" * 64 + ".org", "ada@" + ".".join(["x" * 60] * 5)),
    ],
)
def test_ACC_19_what_two_programs_could_read_differently_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not an e-mail address$"):
        email_address.parse(text)


@given(st.text(max_size=40).map(lambda text: f"ada{text}@example.org"))
def test_ACC_19_whatever_is_taken_is_one_line_with_one_at(text: str) -> None:
    try:
        found = str(email_address.parse(text))
    except ValueError:
        return
    assert found.count("@") == 1
    assert found.isascii()
    assert found.isprintable()
    assert " " not in found


def test_a_domain_is_compared_whole() -> None:
    address = email_address.parse("ada@mail.example.org")
    assert address.is_at("Mail.Example.org")
    assert not address.is_at("example.org")
    assert not email_address.parse("ada@evil-example.org").is_at("example.org")
