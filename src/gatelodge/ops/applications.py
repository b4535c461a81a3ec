"""What acts for a person: applications by what they allowed them, and by the tokens that work.

An operator's own application asks for no consent, so it is known by its tokens alone.
"""

from msgspec import Struct

from gatelodge.database.tx import Tx
from gatelodge.stores import consents, families_of_person
from gatelodge.stores.consents import Consent
from gatelodge.stores.families_of_person import OFFLINE


class ActingClient(Struct, frozen=True):
    """One application that may act for a person. `since` and `used_at` are seconds since 1970; 0 where nobody knows.

    `offline` says whether it does while they are away. `permissions` are scopes at APIs, written as
    `protocol.targets.permission` does. `through` are applications that passed on to it what they were allowed.
    """

    client_id: str
    scopes: frozenset[str]
    permissions: frozenset[str]
    since: int
    used_at: int
    offline: bool
    through: tuple[str, ...] = ()


async def acting_for(tx: Tx, user_id: int, now: int) -> list[ActingClient]:
    """Return every application that may act for a person, the one used last first."""
    allowed = {one.client_id: one.consent for one in await consents.of_person(tx, user_id)}
    living: dict[str, list[families_of_person.LivingFamily]] = {}
    for family in await families_of_person.living(tx, user_id, now):
        living.setdefault(family.client_id, []).append(family)
    found = [_acting(name, allowed.get(name), living.get(name, [])) for name in allowed.keys() | living.keys()]
    return sorted(found, key=lambda one: (-max(one.used_at, one.since), one.client_id))


def _acting(client_id: str, consent: Consent | None, families: list[families_of_person.LivingFamily]) -> ActingClient:
    scopes = frozenset(scope for family in families for scope in family.scope)
    begun = [family.created_at for family in families] + ([consent.granted_at] if consent else [])
    return ActingClient(
        client_id,
        scopes | consent.scopes if consent else scopes,
        consent.resources if consent else frozenset[str](),
        min(begun),
        max((family.used_at for family in families), default=0),
        through=tuple(sorted({family.via[-1] for family in families if family.via} - {client_id})),
        offline=any(family.offline for family in families) or (consent is not None and OFFLINE in consent.scopes),
    )
