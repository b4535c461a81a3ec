"""Claims as an operator writes them."""

import pytest

from gatelodge.ops import claim_scopes
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.user_claims import applied, check_released, read
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.telemetry.events import Origin


def test_text_claims_are_kept_as_they_are() -> None:
    assert read(["locale=fr-FR", "nickname=a=b"]) == {"locale": "fr-FR", "nickname": "a=b"}


def test_address_members_come_together() -> None:
    said = read(["address.locality=Paris", 'address={"country": "France"}'])
    whole = {"formatted": "Paris\nFrance", "locality": "Paris", "country": "France"}
    assert applied({}, said) == {"address": whole}
    before = {"address": {"formatted": "1 Lane\nOxford", "street_address": "1 Lane", "locality": "Oxford"}}
    assert applied(before, said) == {"address": whole}
    there = {"formatted": "1 Lane\nParis", "street_address": "1 Lane", "locality": "Paris"}
    assert applied(before, read(["address.locality=Paris"])) == {"address": there}
    assert applied(before, read(["address="])) == {}
    assert applied(before, read(["address.formatted=x", "address.street_address=", "address.locality="])) == {
        "address": {"formatted": "x"}
    }


def test_a_custom_claim_is_a_text_or_any_json() -> None:
    said = read(["department=Research", "level:=3", 'groups:=["a", "b"]', "staff:=true", "old=", "older:=null"])
    assert said == {
        "department": "Research",
        "level": 3,
        "groups": ["a", "b"],
        "staff": True,
        "old": None,
        "older": None,
    }
    assert applied({"old": 1, "older": 2, "locale": "fr"}, said) == {
        "locale": "fr",
        "department": "Research",
        "level": 3,
        "groups": ["a", "b"],
        "staff": True,
    }


def test_a_new_phone_number_is_not_verified_unless_that_is_said() -> None:
    before = {"phone_number": "+44 1", "phone_number_verified": True}
    assert applied(before, read(["phone_number=+44 20 7946"])) == {"phone_number": "+44 20 7946"}
    verified = read(["phone_number=+44 20 7946", "phone_number_verified=true"])
    assert applied({}, verified) == {"phone_number": "+44 20 7946", "phone_number_verified": True}


def test_phone_number_verified_is_a_truth() -> None:
    assert read(["phone_number_verified=true"]) == {"phone_number_verified": True}


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ("locale", "name=value"),
        ("address.town=Paris", "has no 'town'"),
        ("address=Paris", "JSON object"),
        ("address=[1]", "JSON object"),
        ('address={"town": "Paris"}', "has no 'town'"),
        ("phone_number_verified=yes", "true or false"),
        ("email=a@b", "--email"),
        ("sub=someone-else", "said by the protocol"),
        ("iss=https://evil.test", "said by the protocol"),
        ("cnf:={}", "said by the protocol"),
        ("name#de=x", "visible ASCII"),
        ('level:=1,"x":2', "one JSON value"),
        ("level:=high", "not JSON"),
        ("level:=NaN", "not JSON"),
        (f"department={'x' * 3000}", "2048 bytes"),
        ("locale=not a language", "language tag"),
        ("zoneinfo=Europe/Atlantis", "time zone"),
        ("birthdate=yesterday", "1999-12-31"),
        ("website=javascript:alert(1)", "https URL"),
    ],
)
def test_anything_else_is_refused_with_what_to_do(pair: str, says: str) -> None:
    with pytest.raises(OperationRefused, match=says):
        applied({}, read([pair]))


@pytest.mark.anyio
async def test_a_claim_that_no_scope_releases_is_refused_with_the_nearest(database) -> None:
    scope = ClaimScope("employment", ("department",), "Your department")
    await database.write(claim_scopes.add, scope, Origin("test"), 1)
    await database.read(check_released, read(["department=Research", "locale=fr", "address.locality=Paris", "x="]))
    for pair, near in ("departmnt=Research", "did you mean department"), ("local=fr", "did you mean locale"):
        with pytest.raises(OperationRefused, match=f"no scope releases it; {near}"):
            await database.read(check_released, read([pair]))
