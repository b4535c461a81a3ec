"""Claims as an operator writes them."""

import pytest

from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.user_claims import read


def test_text_claims_are_kept_as_they_are() -> None:
    assert read(["locale=fr-FR", "nickname=a=b"]) == {"locale": "fr-FR", "nickname": "a=b"}


def test_address_members_come_together() -> None:
    assert read(["address.locality=Paris", 'address={"country": "France"}']) == {
        "address": {"locality": "Paris", "country": "France"}
    }


def test_phone_number_verified_is_a_truth() -> None:
    assert read(["phone_number_verified=true"]) == {"phone_number_verified": True}


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ("locale", "name=value"),
        ("local=fr", "did you mean locale"),
        ("address.town=Paris", "has no 'town'"),
        ("address=Paris", "JSON object"),
        ("address=[1]", "JSON object"),
        ('address={"town": "Paris"}', "has no 'town'"),
        ("phone_number_verified=yes", "true or false"),
        ("email=a@b", "--email"),
        ("sub=someone-else", "no standard claim 'sub'"),
        ("iss=https://evil.test", "no standard claim 'iss'"),
    ],
)
def test_anything_else_is_refused_with_what_to_do(pair: str, says: str) -> None:
    with pytest.raises(OperationRefused, match=says):
        read([pair])
