"""Scopes that release claims: what they may be, and what is told because of them."""

import pytest

from gatelodge.protocol.claim_scopes import (
    CLAIMS_OF_SCOPE,
    PROTOCOL_CLAIMS,
    STANDARD,
    BadClaimScope,
    ClaimScope,
    ClaimScopes,
    check,
)
from gatelodge.protocol.person_claims import MAX_VALUE, NotThatClaim
from gatelodge.protocol.person_claims import check as check_person

EMPLOYMENT = ClaimScope("employment", ("department", "https://corp.test/staff"), "Where you work")
MINE = ClaimScopes([EMPLOYMENT])


def test_what_an_operator_adds_stands_beside_what_is_standard() -> None:
    check(EMPLOYMENT)
    assert MINE.claims_behind(["employment", "email", "orders:read"]) == {
        *EMPLOYMENT.claims,
        "email",
        "email_verified",
    }
    assert MINE.scopes_behind(["department", "locale"]) == {"employment", "profile"}
    assert set(MINE.supported()) - set(STANDARD.supported()) == set(EMPLOYMENT.claims)
    assert MINE.about_people - STANDARD.about_people == {"employment"}


def test_no_scope_releases_what_the_protocol_says_or_another_scope_stands_for() -> None:
    standard = [name for names in CLAIMS_OF_SCOPE.values() for name in names]
    for name in [*sorted(PROTOCOL_CLAIMS), *standard, "name#de", "a b", "a=b", "a:", 'a"', "", "ä", "x" * 101]:
        with pytest.raises(BadClaimScope):
            check(ClaimScope("employment", ("department", name), "Where you work"))


@pytest.mark.parametrize("name", ["openid", "email", "offline_access", "account", "a b", "", 'a"', "x" * 101])
def test_a_scope_that_means_something_already_or_is_none_releases_nothing(name: str) -> None:
    with pytest.raises(BadClaimScope):
        check(ClaimScope(name, ("department",), "Where you work"))


def test_a_scope_has_claims_and_a_sentence() -> None:
    for claims, sentence in ((), "See"), (("a", "a"), "See"), (("a",), " "), (("a",), "x" * 201), (("a",), "a\nb"):
        with pytest.raises(BadClaimScope):
            check(ClaimScope("employment", claims, sentence))


def test_what_is_kept_of_a_person_is_of_its_kind_and_small() -> None:
    check_person(
        {
            "locale": "fr",
            "phone_number_verified": True,
            "address": {"locality": "Paris"},
            "groups": ["a", {"b": [1, 2.5, None]}],
            "level": 3,
            "is_staff": False,
            "title": "Zauberlehrling – 見習い",
        }
    )
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    wrong: list[dict[str, object]] = [
        {"locale": 1},
        {"phone_number_verified": "true"},
        {"address": {"town": "Paris"}},
        {"address": "Paris"},
        {"email": "mallory@evil.test"},
        {"sub": "mallory"},
        {"cnf": {}},
        {"department": None},
        {"department": float("nan")},
        {"department": 10**20},
        {"department": "\ud800"},
        {"department": "x" * MAX_VALUE},
        {"department": deep},
        {"department": {1: 2}},
        {f"claim{number}": "x" * 2_000 for number in range(9)},
    ]
    for claims in wrong:
        with pytest.raises(NotThatClaim):
            check_person(claims)
