"""What an operator can do with signing keys, over the keeper, which makes every change one audited transaction."""

from gatelodge.config.policies import DAY, KeyPolicy, SessionPolicy
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.schedule import Schedule
from gatelodge.ops.refusals import NotThere
from gatelodge.telemetry.events import Origin

LONGEST_TOKEN = DAY  # seconds; no setting and no API may let a signed token live longer
MARGIN = 3_600  # seconds, for the clocks and caches of others


def schedule_of(policy: KeyPolicy, sessions: SessionPolicy) -> Schedule:
    """Return when keys hand over by themselves, and how long a retired one is still published and verifies hints."""
    keep, remember = LONGEST_TOKEN + MARGIN, sessions.lifetime + MARGIN
    return Schedule(policy.rotation_days * DAY, policy.publish_ahead, keep, remember)


async def rotate(keys: SigningKeys, origin: Origin) -> None:
    """Bring every hand-over forward: the next keys sign as soon as they were published long enough, others follow."""
    for alg in ("RS256", "ES256"):
        await keys.rotate(alg, origin)


async def retire(keys: SigningKeys, kid: str, compromised: bool, origin: Origin) -> None:
    """Stop signing with a key now; the next one takes over, however young.

    A `compromised` key is not published any more either, so everything it signed is refused. Raises `NotThere`.
    """
    try:
        await keys.retire(kid, origin, compromised=compromised)
    except LookupError:
        raise NotThere("signing key in use", kid) from None
