"""Whose account somebody is who comes from another provider for the first time: the table, row by row."""

import pytest

from gatelodge.protocol.linking import (
    AddressOwner,
    AskOwner,
    AskWho,
    FirstVisit,
    LinkAtOnce,
    MakeAccount,
    Reclaim,
    first_visit,
)
from gatelodge.protocol.provider import Linking, Provider, UpstreamIdentity, address_of, is_of_domain, level_of

PROVED = AddressOwner(7, is_proved=True, is_admin=False)
UNPROVED = AddressOwner(7, is_proved=False, is_admin=False)
ADMIN = AddressOwner(7, is_proved=True, is_admin=True)


def provider(link: Linking = "ask", *, new_accounts: bool = True) -> Provider:
    return Provider(name="p", kind="oidc", label="P", client_id="c", link=link, new_accounts=new_accounts)


def somebody(address: str | None = "a@corp.test", *, is_proved: bool = True) -> UpstreamIdentity:
    return UpstreamIdentity(issuer="https://p.test", subject="s", address=address, is_proved=is_proved)


@pytest.mark.parametrize(
    ("owner", "link", "new_accounts", "expected"),
    [
        (PROVED, "ask", True, AskOwner(7)),
        (PROVED, "verified_address", True, LinkAtOnce(7)),
        (UNPROVED, "ask", True, AskOwner(7)),
        (UNPROVED, "verified_address", True, Reclaim(7)),
        (ADMIN, "verified_address", True, AskOwner(7)),
        (None, "ask", True, MakeAccount("a@corp.test")),
        (None, "verified_address", False, AskWho(may_begin=False)),
    ],
    ids=["asked", "at-once", "unproved-asked", "reclaimed", "admin-asked", "made", "none-made"],
)
def test_an_address_that_is_believed_leads_to_its_owner(
    owner: AddressOwner | None, link: Linking, new_accounts: bool, expected: FirstVisit
):
    assert first_visit(provider(link, new_accounts=new_accounts), somebody(), owner) == expected


@pytest.mark.parametrize("identity", [somebody(is_proved=False), somebody(None)], ids=["not-believed", "no-address"])
@pytest.mark.parametrize("link", ["ask", "verified_address"])
def test_ACC_19_an_address_that_is_not_believed_leads_nowhere_and_tells_nothing(
    identity: UpstreamIdentity, link: Linking
):
    answers = {first_visit(provider(link), identity, owner) for owner in (PROVED, UNPROVED, ADMIN, None)}

    assert answers == {AskWho(may_begin=True)}


@pytest.mark.parametrize(
    "text",
    [
        "a@evil.com@company.com",
        "a@b",
        "a b@c.test",
        "a@c.test\n",
        '"a@evil.com"@company.com',
        "a@company.com,b@evil.com",
        "@c.test",
        "a@",
        "ä@c.test",
        "a@c..test",
        f"{'a' * 250}@c.test",
        None,
        True,
        ["a@c.test"],
    ],
)
def test_ACC_19_what_is_no_address_is_none(text: object):
    assert address_of(text) is None


def test_a_domain_is_that_domain_and_none_below_it():
    assert address_of("Ada@Corp.Test") == "ada@corp.test"
    assert is_of_domain("ada@corp.test", {"corp.test"})
    assert not is_of_domain("ada@evil.corp.test", {"corp.test"})
    assert not is_of_domain("ada@evilcorp.test", {"corp.test"})
    assert not is_of_domain(None, {"corp.test"})


def test_what_a_sign_in_there_is_worth_is_the_operators_word():
    assert level_of({}, "phr", ("mfa",)) is None
    assert level_of({"mfa": "2"}, "high", ("pwd", "mfa")) == "2"
    assert level_of({"high": "phr", "mfa": "2"}, "high", ("mfa",)) == "phr"
    assert level_of({"mfa": "2"}, None, ()) is None
