"""The ring: what a key is follows from its times, and nothing opens under the wrong secret key."""

import jwt
import pytest
from msgspec.structs import replace

from gatelodge.clock import SystemEntropy
from gatelodge.keys.keyring import NoSigningKey, check_opens, make_key, open_ring, state
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.protocol.client import SigningAlg
from gatelodge.stores.signing_keys import SigningKey

VAULT = Vault(["a secret key of more than 32 characters"], SystemEntropy())


def row(
    alg: SigningAlg = "ES256", *, active: int, retires: int | None = None, removed: int | None = None
) -> SigningKey:
    key = make_key(alg, VAULT)
    return SigningKey(key.kid, key.alg, key.public_jwk, key.sealed, 0, active, retires, removed)


FIRST = replace(row(active=100), retires_at=200, removed_at=300)
SECOND = row(active=200)
RSA = row("RS256", active=100)
RING = open_ring([SECOND, FIRST, RSA], VAULT, 0)


@pytest.mark.parametrize(
    ("now", "expected"),
    [(99, "next"), (100, "active"), (199, "active"), (200, "retired"), (299, "retired"), (300, "removed")],
)
def test_times_alone_say_what_a_key_is(now: int, expected: str) -> None:
    assert state(FIRST, now) == expected


def test_no_key_is_named_like_an_option_of_the_command_line() -> None:
    assert not [kid for kid in (make_key("ES256", VAULT).kid for _ in range(500)) if kid.startswith("-")]


@pytest.mark.parametrize(("now", "signing"), [(100, FIRST), (199, FIRST), (200, SECOND), (10_000, SECOND)])
def test_one_key_hands_over_to_the_other_in_one_second(now: int, signing: SigningKey) -> None:
    assert RING.signer("ES256", now).kid == signing.kid


def test_a_process_whose_clock_is_behind_the_first_key_can_sign() -> None:
    assert RING.signer("ES256", 40).kid == FIRST.kid


def test_a_retired_key_never_signs() -> None:
    ring = open_ring([replace(FIRST, removed_at=None)], VAULT, 0)
    with pytest.raises(NoSigningKey):
        ring.signer("ES256", 200)


@pytest.mark.parametrize(("now", "kids"), [(0, {FIRST, SECOND}), (250, {FIRST, SECOND}), (300, {SECOND})])
def test_FLT_24_next_active_and_retired_keys_are_published(now: int, kids: set[SigningKey]) -> None:
    published = {key["kid"] for key in RING.jwks(now)["keys"]}
    assert published == {key.kid for key in kids} | {RSA.kid}


def test_the_published_set_is_the_same_object_until_it_changes() -> None:
    ring = open_ring([FIRST, SECOND], VAULT, 0)
    assert ring.jwks(100) is ring.jwks(299)
    assert ring.jwks(300) is not ring.jwks(299)


def test_nothing_private_is_published() -> None:
    for key in RING.jwks(0)["keys"]:
        assert {"d", "p", "q", "dp", "dq", "qi", "k"}.isdisjoint(key)
        assert key["use"] == "sig"
        assert key["alg"] in ("ES256", "RS256")


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_what_the_ring_signs_verifies_with_what_it_publishes(alg: SigningAlg) -> None:
    token = RING.signer(alg, 150).sign({"sub": "x"}, "JWT")
    published = jwt.PyJWKSet.from_dict(dict(RING.jwks(150)))
    key = published[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, [alg]) == {"sub": "x"}


def test_the_door_finds_our_keys_by_name_and_algorithm() -> None:
    keys = RING.at(150)
    assert keys.find(FIRST.kid, "ES256") is not None
    assert keys.find(FIRST.kid, "RS256") is None
    assert keys.find(None, "ES256") is None
    assert keys.find("unknown", "ES256") is None
    assert RING.at(300).find(FIRST.kid, "ES256") is None


def test_FLT_25_a_ring_does_not_open_with_another_secret_key() -> None:
    with pytest.raises(WrongSecretKey):
        open_ring([SECOND], Vault(["another key of more than 32 characters"], SystemEntropy()), 0)


def test_FLT_25_one_unreadable_key_is_enough_to_refuse() -> None:
    with pytest.raises(WrongSecretKey):
        open_ring([SECOND, replace(RSA, sealed=b"damaged" * 20)], VAULT, 0)


def test_two_sealed_keys_cannot_be_exchanged() -> None:
    with pytest.raises(WrongSecretKey):
        open_ring([replace(SECOND, sealed=FIRST.sealed)], VAULT, 0)


def test_a_removed_key_is_not_even_opened() -> None:
    assert open_ring([replace(FIRST, sealed=b"gone")], VAULT, 300).keys == ()


def test_FLT_25_what_would_not_open_is_told_before_it_is_opened() -> None:
    check_opens([SECOND, replace(FIRST, sealed=b"gone")], VAULT, 300)
    with pytest.raises(WrongSecretKey):
        check_opens([SECOND, replace(FIRST, sealed=b"gone")], VAULT, 299)


def test_a_key_verifies_hints_for_so_long_and_a_compromised_one_never_again() -> None:
    compromised = replace(row(active=100), retires_at=200, removed_at=200)
    ring = open_ring([FIRST, SECOND, compromised], VAULT, 300, remember=1_000)
    found = [ring.hints_at(now).find(FIRST.kid, "ES256") is not None for now in (300, 1_199, 1_200)]
    assert found == [True, True, False]
    assert ring.at(300).find(FIRST.kid, "ES256") is None
    assert ring.hints_at(300).find(compromised.kid, "ES256") is None
    assert ring.hints_at(300).find("unknown", "ES256") is None
