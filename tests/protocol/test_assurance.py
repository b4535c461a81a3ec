"""What proofs are worth, and what is next for the level that is wanted."""

from dataclasses import replace

import pytest

from gatelodge.protocol.assurance import (
    Ask,
    Done,
    Factor,
    Levels,
    Proof,
    conclude,
    first_proof,
    next_proof,
    reachable,
)

PASSWORD, PASSKEY, TOTP = Factor("password", "1", True), Factor("passkey", "phr", True), Factor("totp", "2", False)
FACTORS = (PASSWORD, PASSKEY, TOTP)
PROVEN = Proof(7, "sub-alice", "password", 100, ("pwd",), "a hash")
ALL = frozenset({"password", "passkey", "totp"})


@pytest.mark.parametrize(
    ("wanted", "enrolled", "kinds"),
    [
        (Levels(), None, ("password", "passkey")),
        (Levels(wished=("phr",)), None, ("passkey", "password")),
        (Levels(essential=("phr",)), None, ("passkey", "password")),  # who comes may have no passkey
        (Levels(essential=("phr",)), ALL, ("passkey",)),
        (Levels(essential=("phr",)), {"password"}, ("password",)),
        (Levels(essential=("2",)), ALL, ("password", "passkey")),  # no sign-in begins with a second factor
        (Levels(essential=("3",)), None, ("password", "passkey")),
    ],
)
def test_a_sign_in_begins_with_what_reaches_the_level_as_far_as_that_is_known(
    wanted: Levels, enrolled: frozenset[str] | None, kinds: tuple[str, ...]
) -> None:
    assert first_proof(wanted, FACTORS, enrolled) == Ask(kinds)


@pytest.mark.parametrize(
    ("wanted", "enrolled", "kinds"),
    [
        (Levels(), None, ()),
        (Levels(wished=("phr",)), None, ()),  # a wish binds nobody
        (Levels(essential=("1", "2")), ALL, ()),
        (Levels(essential=("phr",)), ALL, ("passkey",)),
        (Levels(essential=("2", "phr")), ALL, ("totp", "passkey")),
        (Levels(essential=("phr",)), {"password"}, ()),  # `decide.next_step` tells the client
    ],
)
def test_what_is_next_is_what_this_person_can_still_prove(
    wanted: Levels, enrolled: frozenset[str] | None, kinds: tuple[str, ...]
) -> None:
    step = next_proof(wanted, FACTORS, enrolled, (PROVEN,))

    assert step == (Ask(kinds) if kinds else Done(conclude((PROVEN,), FACTORS)))


def test_a_sign_in_is_as_fresh_as_its_newest_proof_and_says_all_that_was_done() -> None:
    second = Proof(7, "sub-alice", "totp", 130, ("otp", "pwd"))

    event = conclude((PROVEN, second), FACTORS)

    assert (event.user_id, event.sub, event.acr, event.auth_time) == (7, "sub-alice", "2", 130)
    assert (event.amr, event.password_hash) == ("pwd otp", "a hash")


def test_ACC_11_proofs_of_two_persons_come_to_nothing() -> None:
    with pytest.raises(ValueError, match="two persons"):
        conclude((PROVEN, replace(PROVEN, user_id=8)), FACTORS)


def test_a_proof_shows_no_hash() -> None:
    assert "a hash" not in repr(PROVEN)
    assert "a hash" not in repr(conclude((PROVEN,), FACTORS))


def test_what_somebody_can_reach_is_what_they_have() -> None:
    assert reachable(FACTORS, {"password", "totp"}) == {"1", "2"}
