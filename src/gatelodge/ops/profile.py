"""What people say of themselves, changed by themselves."""

from collections.abc import Mapping

from msgspec.structs import replace

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol import profile
from gatelodge.stores import audit, users
from gatelodge.telemetry.events import Origin, ProfileChanged


async def change(tx: Tx, user_id: int, given: Mapping[str, str], origin: Origin, now: int) -> ProfileChanged | None:
    """Keep what a person says of themselves, by field; `None` if it was so before.

    Raises `protocol.profile.NotThatValue`, and `NotThere` if the person is gone.
    """
    wanted = profile.check(given)
    user = await users.find(tx, user_id)
    if user is None:
        raise NotThere("user", str(user_id))
    before = profile.told_of(user.name, user.claims)
    changed = {field: value for field, value in wanted.items() if value != before[field]}
    if not changed:
        return None
    name = (changed["name"] or None) if "name" in changed else user.name
    after = replace(user, name=name, claims=profile.settled(user.claims, changed))
    await users.update(tx, user, after, now)
    event = ProfileChanged(user_id=user_id, what=" ".join(sorted(changed)))
    await audit.record(tx, event, origin, now)
    return event
