"""What is next in a sign-in: for the level that is wanted, and for what the operator demands."""

import pytest

from gatelodge.protocol.assurance import (
    Abilities,
    Ask,
    Done,
    Enrol,
    Factor,
    FactorPolicy,
    Levels,
    NextProof,
    Refuse,
    first_proof,
    next_proof,
    reachable,
)
from gatelodge.protocol.proof import ALIASES, BOTH, HELD, KNOWN, ONE, PHR, PHRH, TWO, Proof, conclude

PASSWORD = Factor("password", True, KNOWN)
PASSKEY = Factor("passkey", True, BOTH, PHR, enrols=True)
TOUCH = Factor("passkey", True, HELD, PHR, enrols=True)  # of somebody whose device asks nobody who they are
TOTP = Factor("totp", False, HELD, guards=True, enrols=True)
CODES = Factor("recovery", False, HELD)
FACTORS = (PASSWORD, PASSKEY, TOTP)
KNEW = Proof(7, "sub-alice", "password", 100, ("pwd",), KNOWN, password_hash="a hash")
TOUCHED = Proof(7, "sub-alice", "passkey", 100, ("hwk",), HELD, PHR)
SHOWED = Proof(7, "sub-alice", "passkey", 100, ("hwk", "user"), BOTH, PHR)
SESSION = Proof(7, "sub-alice", "session", 50, ("pwd",), KNOWN, session_id=3)
OFFERED, REQUIRED, ADMINS = FactorPolicy(), FactorPolicy("required"), FactorPolicy("required_for_admins")
NOW = 200


@pytest.mark.parametrize(
    ("wanted", "enrolled", "kinds"),
    [
        (Levels(), None, ("password", "passkey")),
        (Levels(wished=(PHR,)), None, ("passkey", "password")),
        (Levels(essential=(PHR,)), None, ("passkey", "password")),  # who comes may have no passkey
        (Levels(essential=(PHR,)), FACTORS, ("passkey",)),
        (Levels(minimum=PHR), FACTORS, ("passkey",)),
        (Levels(essential=(PHR,)), (PASSWORD,), ("password",)),
        (Levels(essential=(TWO,)), (PASSWORD, TOTP), ("password",)),  # no sign-in begins with a second factor
        (Levels(essential=("3",)), None, ("password", "passkey")),
    ],
)
def test_a_sign_in_begins_with_what_reaches_the_level_as_far_as_that_is_known(
    wanted: Levels, enrolled: tuple[Factor, ...] | None, kinds: tuple[str, ...]
) -> None:
    assert first_proof(wanted, FACTORS, enrolled) == Ask(kinds)


DONE = Done(conclude((KNEW,)))


@pytest.mark.parametrize(
    ("wanted", "abilities", "step"),
    [
        (Levels(), Abilities((PASSWORD,), (TOTP,)), DONE),
        (Levels(), Abilities((PASSWORD, PASSKEY)), DONE),
        (Levels(wished=(PHR,)), Abilities((PASSWORD, PASSKEY)), DONE),  # a wish binds nobody
        (Levels(essential=(ONE, TWO)), Abilities((PASSWORD, PASSKEY)), DONE),
        (Levels(essential=(PHR,)), Abilities((PASSWORD, PASSKEY)), Ask(("passkey",))),
        (Levels(essential=(PHR,)), Abilities((PASSWORD,)), DONE),  # `decide.next_step` tells the client
        (Levels(essential=(TWO,)), Abilities((PASSWORD, PASSKEY)), Ask(("passkey",))),
        (Levels(minimum=TWO), Abilities((PASSWORD,), (TOTP,)), Enrol(("totp",))),
        (Levels(minimum=PHRH), Abilities((PASSWORD,), (TOTP,)), DONE),
        (Levels(), Abilities((PASSWORD, TOTP, CODES)), Ask(("totp", "recovery"))),  # who has a second factor is asked
        (Levels(), Abilities((PASSWORD, TOTP), trusted=True), DONE),
        (Levels(minimum=TWO), Abilities((PASSWORD, TOTP), trusted=True), Ask(("totp",))),
    ],
)
def test_what_is_next_is_what_this_person_can_still_prove(
    wanted: Levels, abilities: Abilities, step: NextProof
) -> None:
    assert next_proof(wanted, OFFERED, abilities, (KNEW,), NOW) == step


@pytest.mark.parametrize(
    ("policy", "abilities", "step"),
    [
        (REQUIRED, Abilities((PASSWORD,), (PASSKEY, TOTP)), Enrol(("passkey", "totp"))),
        (REQUIRED, Abilities((PASSWORD, TOTP)), Ask(("totp",))),
        (REQUIRED, Abilities((PASSWORD, PASSKEY)), Ask(("passkey",))),
        (REQUIRED, Abilities((PASSWORD,)), Refuse()),
        (ADMINS, Abilities((PASSWORD,), (TOTP,)), DONE),
        (ADMINS, Abilities((PASSWORD,), (TOTP,), admin=True), Enrol(("totp",))),
        (FactorPolicy("required", 60), Abilities((PASSWORD,), (TOTP,)), Done(DONE.event, NOW + 60, ("totp",))),
        (
            FactorPolicy("required", 60),
            Abilities((PASSWORD,), (TOTP,), due=NOW + 1),
            Done(DONE.event, NOW + 1, ("totp",)),
        ),
        (FactorPolicy("required", 60), Abilities((PASSWORD,), (TOTP,), due=NOW), Enrol(("totp",))),
    ],
)
def test_who_must_have_a_second_factor_gets_one_in_the_sign_in(
    policy: FactorPolicy, abilities: Abilities, step: NextProof
) -> None:
    assert next_proof(Levels(), policy, abilities, (KNEW,), NOW) == step


def test_two_of_one_kind_are_one_factor() -> None:
    code = Proof(7, "sub-alice", "totp", 130, ("otp",), HELD)

    assert next_proof(Levels(), REQUIRED, Abilities((PASSWORD, TOUCH, TOTP)), (TOUCHED,), NOW) == Ask(("password",))
    assert conclude((TOUCHED, code)).acr == PHR
    assert "mfa" not in conclude((TOUCHED, code)).amr
    assert isinstance(next_proof(Levels(), REQUIRED, Abilities(FACTORS), (SHOWED,), NOW), Done)


def test_ACC_15_a_session_alone_adds_no_way_in() -> None:
    abilities = Abilities((PASSWORD,), (TOTP,))

    assert next_proof(Levels((TWO,)), OFFERED, abilities, (SESSION,), NOW) == Ask(("password",))
    assert next_proof(Levels((TWO,)), OFFERED, abilities, (SESSION, KNEW), NOW) == Enrol(("totp",))


def test_a_sign_in_is_as_fresh_as_its_newest_proof_and_says_all_that_was_done() -> None:
    second = Proof(7, "sub-alice", "totp", 130, ("otp", "pwd"), HELD)

    event = conclude((KNEW, second))

    assert (event.user_id, event.sub, event.acr, event.auth_time) == (7, "sub-alice", TWO, 130)
    assert (event.amr, event.password_hash) == ("pwd otp mfa", "a hash")


def test_ACC_11_proofs_of_two_persons_come_to_nothing() -> None:
    other = Proof(8, "sub-bob", "totp", 100, ("otp",), HELD)
    with pytest.raises(ValueError, match="two persons"):
        conclude((KNEW, other))


def test_a_proof_shows_no_hash() -> None:
    assert "a hash" not in repr(KNEW)
    assert "a hash" not in repr(conclude((KNEW,)))


def test_what_somebody_can_reach_is_what_they_have_or_may_come_to() -> None:
    one = {ONE, *ALIASES}

    assert reachable(Abilities((PASSWORD,))) == one
    assert reachable(Abilities((PASSWORD,), (TOTP,))) == one | {TWO}
    assert reachable(Abilities((TOUCH,))) == one | {PHR}
    assert reachable(Abilities((Factor("passkey", True, BOTH, PHRH),))) == one | {TWO, PHR, PHRH}
