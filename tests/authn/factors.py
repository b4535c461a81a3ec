"""People with second factors, and the codes that their apps show."""

from gatelodge.authn.totp_enrolment import new_codes
from gatelodge.authn.totp_seeds import seeds_of
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol import recovery_code
from gatelodge.protocol.totp import code_at, step_of
from gatelodge.stores import authenticators, recovery_codes

SEED = b"12345678901234567890"


async def give_app(on: Foundation, user_id: int, seed: bytes = SEED) -> None:
    """Give somebody an authenticator app, of which no code was shown yet."""
    sealed = seeds_of(on).seal(user_id, seed)
    assert await on.db.write(authenticators.add, user_id, sealed, 0, on.clock.now())


async def give_codes(on: Foundation, user_id: int) -> tuple[str, ...]:
    """Give somebody recovery codes."""
    codes = new_codes(on.entropy)
    digests = [recovery_code.digest(user_id, code) for code in codes]
    await on.db.write(recovery_codes.replace, user_id, digests, on.clock.now())
    return codes


def code_of(on: Foundation, seed: bytes = SEED, away: int = 0) -> str:
    """What the app shows now, or so many steps away."""
    return code_at(seed, step_of(on.clock.now()) + away)
