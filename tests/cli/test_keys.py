"""`gatelodge keys`, from the outside."""

import pytest
from tests.cli.conftest import Gatelodge


@pytest.fixture
def founded(gatelodge: Gatelodge) -> Gatelodge:
    gatelodge("keys", "rotate")
    return gatelodge


def states(answered) -> list[tuple[str, str]]:
    return sorted((key["alg"], key["state"]) for key in answered.json["keys"])


def test_a_new_house_has_an_active_and_a_next_key_of_each_algorithm(founded) -> None:
    both = [("ES256", "active"), ("ES256", "next"), ("RS256", "active"), ("RS256", "next")]
    assert states(founded("keys", "list", "--json")) == both


def test_a_rotation_waits_until_the_next_key_is_known(gatelodge) -> None:
    gatelodge("keys", "rotate")
    listed = gatelodge("keys", "rotate", "--json").json["keys"]
    for key in listed:
        if key["state"] == "next":
            assert key["activates_at"] - key["created_at"] == 2 * 86_400


def test_a_retired_key_is_replaced_at_once(founded) -> None:
    kid = next(k["kid"] for k in founded("keys", "list", "--json").json["keys"] if k["state"] == "active")
    after = {key["kid"]: key for key in founded("keys", "retire", kid, "--yes", "--json").json["keys"]}
    assert after[kid]["state"] == "retired"
    assert sorted(k["state"] for k in after.values() if k["alg"] == after[kid]["alg"]) == ["active", "next", "retired"]


def test_a_compromised_key_is_not_published_any_more(founded) -> None:
    kid = next(k["kid"] for k in founded("keys", "list", "--json").json["keys"] if k["state"] == "active")
    after = {key["kid"]: key for key in founded("keys", "retire", kid, "--compromised", "--yes", "--json").json["keys"]}
    assert after[kid]["state"] == "removed"


def test_a_key_that_is_not_there_is_not_retired(founded) -> None:
    assert founded("keys", "retire", "nothing", "--yes", "--json").failure["error"] == "not_found"


def test_no_private_half_is_ever_shown(founded) -> None:
    for key in founded("keys", "list", "--json").json["keys"]:
        assert key.keys() == {"kid", "alg", "state", "created_at", "activates_at", "retires_at", "removed_at"}


def test_FLT_25_a_wrong_secret_key_rotates_nothing(founded) -> None:
    before = founded("keys", "list", "--json").json
    refused = founded("keys", "rotate", "--json", env={"GATELODGE_SECRET_KEY": "x" * 40})
    assert (refused.code, refused.failure["key"]) == (2, "keys.secret_key")
    assert founded("keys", "list", "--json").json == before
