"""What a client learns about a person, and what it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from gatelodge.protocol.claim_scopes import STANDARD, ClaimScope, ClaimScopes
from gatelodge.protocol.claims import id_token_person, userinfo_claims


@dataclass(frozen=True)
class Alice:
    sub: str = "sub-alice"
    username: str = "alice"
    email: str | None = "alice@example.test"
    email_verified: bool = True
    name: str | None = "Alice Liddell"
    claims: Mapping[str, Any] = field(
        default_factory=lambda: {
            "given_name": "Alice",
            "phone_number": "+44 20 7946 0000",
            "address": {"country": "GB"},
            "locale": "",
            "department": "wonders",
            "iss": "https://evil.test",
            "sub": "mallory",
            "updated_at": "yesterday",
        }
    )
    updated_at: int = 7


ALICE = Alice()


@pytest.mark.parametrize(
    ("scope", "learnt"),
    [
        (["openid"], {}),
        (["openid", "email"], {"email": "alice@example.test", "email_verified": True}),
        (["openid", "phone"], {"phone_number": "+44 20 7946 0000"}),
        (["openid", "address"], {"address": {"country": "GB"}}),
        (
            ["openid", "profile"],
            {"name": "Alice Liddell", "given_name": "Alice", "preferred_username": "alice", "updated_at": 7},
        ),
    ],
)
def test_a_scope_tells_its_claims_and_only_those_that_exist(scope: list[str], learnt: dict[str, Any]) -> None:
    assert userinfo_claims(ALICE, "sub-alice", scope, ()) == {"sub": "sub-alice", **learnt}


def test_a_claim_asked_for_singly_is_told_without_its_scope() -> None:
    assert userinfo_claims(ALICE, "sub-alice", ["openid"], ["email", "department", "zoneinfo"]) == {
        "sub": "sub-alice",
        "email": "alice@example.test",
    }


def test_a_custom_claim_is_told_by_its_scope_or_singly_and_only_while_there_is_one() -> None:
    mine = ClaimScopes([ClaimScope("employment", ("department", "iss"), "Where you work")])
    wonders = {"sub": "sub-alice", "department": "wonders"}
    assert userinfo_claims(ALICE, "sub-alice", ["openid", "employment"], (), mine) == wonders
    assert userinfo_claims(ALICE, "sub-alice", ["openid"], ["department", "iss"], mine) == wonders
    assert userinfo_claims(ALICE, "sub-alice", ["openid", "employment"], ["department"]) == {"sub": "sub-alice"}
    told = id_token_person(ALICE, ["openid", "employment"], (), "code", ["department"], mine)
    assert told == {"department": "wonders"}


@pytest.mark.parametrize("name", ["iss", "aud", "acr", "nonce", "scope"])
def test_no_stored_claim_and_no_request_can_say_what_the_protocol_says(name: str) -> None:
    assert userinfo_claims(ALICE, "sub-alice", ["openid", "profile"], [name, "sub"]).keys().isdisjoint({name})
    assert userinfo_claims(ALICE, "sub-alice", ["openid"], ["sub"])["sub"] == "sub-alice"


def test_an_address_that_does_not_exist_is_not_said_to_be_verified() -> None:
    assert userinfo_claims(Alice(email=None), "sub-alice", ["openid", "email"], ()) == {"sub": "sub-alice"}


@pytest.mark.parametrize("response_type", ["code", "id_token token", "code id_token"])
def test_JWT_17_an_id_token_beside_an_access_token_says_only_what_was_asked_for(response_type: str) -> None:
    assert id_token_person(ALICE, ["openid", "profile", "email"], (), response_type) == {}
    assert id_token_person(ALICE, ["openid"], ["email"], response_type) == {"email": "alice@example.test"}


def test_an_id_token_that_comes_alone_says_what_the_scopes_stand_for() -> None:
    assert id_token_person(ALICE, ["openid", "email"], (), "id_token") == {
        "email": "alice@example.test",
        "email_verified": True,
    }


def test_consent_can_name_the_scope_behind_a_claim() -> None:
    assert STANDARD.scopes_behind(["email", "zoneinfo", "department"]) == {"email", "profile"}


def test_every_standard_claim_is_supported_once() -> None:
    assert len(set(STANDARD.supported())) == len(STANDARD.supported())
    assert {"sub", "name", "email", "phone_number", "address"} <= set(STANDARD.supported())
