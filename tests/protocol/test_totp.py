"""Codes of authenticator apps: RFC 6238, appendix B, cut to six digits."""

import pytest

from gatelodge.protocol import recovery_code
from gatelodge.protocol.totp import address, code_at, shown_seed, step_of, step_shown

SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_a_code_is_that_of_the_standard(at: int, code: str) -> None:
    assert code_at(SEED, step_of(at)) == code


def test_ACC_12_this_step_and_the_one_before_are_right_and_no_other() -> None:
    now = 1_800_000_000
    found = {away: step_shown(SEED, code_at(SEED, step_of(now) + away), now) for away in (-2, -1, 0, 1)}

    assert found == {-2: None, -1: step_of(now) - 1, 0: step_of(now), 1: None}
    assert step_shown(SEED, code_at(SEED, step_of(now))[:3] + " " + code_at(SEED, step_of(now))[3:], now) is not None
    assert [step_shown(SEED, typed, now) for typed in ("", "12345", "1234567", "١٢٣٤٥٦")] == [None] * 4


def test_an_app_reads_who_it_is_for() -> None:
    assert address(SEED, "My House", "alice@example.org") == (
        "otpauth://totp/My%20House:alice@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20House"
    )
    assert shown_seed(SEED) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


def test_a_recovery_code_is_read_however_it_is_typed_and_is_one_person_s() -> None:
    code = recovery_code.write(bytes(range(15)))

    assert len(code.replace("-", "")) == recovery_code.LENGTH
    assert set(code) <= {*recovery_code.ALPHABET, "-"}
    kept = recovery_code.digest(7, code)
    assert recovery_code.digest(7, f" {code.lower().replace('-', ' ')} ") == kept
    assert recovery_code.digest(8, code) != kept
    assert recovery_code.write(bytes(15)) != recovery_code.write(b"\x01" + bytes(14))
