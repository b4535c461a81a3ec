"""When signing keys take over from one another: pure plans over their rows.

One key of an algorithm is active, one is next and already published. The hour of the hand-over is written down long
before it comes, so it happens in every process at once, even if no process is running the rotation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from gatelodge.keys.keyring import ALGORITHMS, NewKey, state
from gatelodge.protocol.client import SigningAlg
from gatelodge.stores.signing_keys import NEVER, SigningKey


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seconds: a key signs for `period` (0: until told), is published `publish_ahead` before it may sign, and stays
    published `keep` after it signed last, which is at least the life of the longest token, and verifies hints for
    `remember` after that moment, which is the life of the longest session."""

    period: int
    publish_ahead: int
    keep: int
    remember: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Rows to insert and rows whose times change. Empty when there is nothing to do."""

    added: tuple[SigningKey, ...] = ()
    changed: tuple[SigningKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed)


def missing(rows: Iterable[SigningKey]) -> tuple[SigningAlg, ...]:
    """Return the algorithms that never had a key: only for these may a first key be made."""
    known = {row.alg for row in rows}
    return tuple(alg for alg in ALGORITHMS if alg not in known)


def plan_first(beginning: NewKey, following: NewKey, now: int, schedule: Schedule) -> Change:
    """Begin an algorithm: the very first key signs at once, since nobody can have cached a set without it."""
    ends = now + max(schedule.period, schedule.publish_ahead) if schedule.period else None
    first = _row(beginning, now, activates_at=now)
    if ends is not None:
        first = replace(first, retires_at=ends, removed_at=ends + schedule.keep)
    return Change(added=(first, _row(following, now, activates_at=ends or NEVER)))


def is_due(rows: Sequence[SigningKey], alg: SigningAlg, now: int) -> bool:
    """Whether the next key has taken over, so that a new next one is needed."""
    return any(row.alg == alg for row in rows) and not any(row.alg == alg and state(row, now) == "next" for row in rows)


def plan_succession(
    rows: Sequence[SigningKey], alg: SigningAlg, following: NewKey, now: int, schedule: Schedule
) -> Change:
    """Publish a new next key and write down when the active one hands over to it. Nothing if none is due."""
    if not is_due(rows, alg, now):
        return Change()
    signing = active(rows, alg, now)
    earliest = now + schedule.publish_ahead
    if signing is None:  # every key was retired and none followed: nothing can be signed until this one does
        return Change(added=(_row(following, now, activates_at=now),))
    if not schedule.period:
        return Change(added=(_row(following, now, activates_at=NEVER),))
    handover = max(signing.activates_at + schedule.period, earliest)
    return Change((_row(following, now, activates_at=handover),), (_ending(signing, handover, schedule),))


def plan_rotation(rows: Sequence[SigningKey], alg: SigningAlg, now: int, schedule: Schedule) -> Change:
    """Bring the hand-over to the next key forward: to now, or to when it has been published long enough."""
    signing, following = active(rows, alg, now), _next(rows, alg, now)
    if following is None:
        return Change()
    handover = min(max(now, following.created_at + schedule.publish_ahead), following.activates_at)
    ended = () if signing is None else (_ending(signing, handover, schedule),)
    return Change(changed=(replace(following, activates_at=handover), *ended))


def plan_retire(
    rows: Sequence[SigningKey], kid: str, now: int, schedule: Schedule, *, compromised: bool = False
) -> Change:
    """Stop signing with a key at once. Raises `LookupError` if it does not exist or is retired already.

    The next key takes over now, however young: this is the one exception to publishing ahead, because otherwise nothing
    could sign. A `compromised` key is no longer published either: everything it signed is dead, also as a hint, so one
    that is not published any more can still be told to be one.
    """
    row = next((row for row in rows if row.kid == kid and not _is_dead(row, now)), None)
    if row is None or (state(row, now) in ("retired", "removed") and not compromised):
        raise LookupError(kid)
    ended = replace(row, retires_at=now, removed_at=now if compromised else now + schedule.keep)
    following = next((other for other in rows if other.alg == row.alg and state(other, now) == "next"), None)
    if state(row, now) != "active" or following is None or following.kid == kid:
        return Change(changed=(ended,))
    return Change(changed=(ended, replace(following, activates_at=now)))


def _is_dead(row: SigningKey, now: int) -> bool:
    """Whether nothing it signed counts any more, whatever for."""
    return state(row, now) == "removed" and row.removed_at == row.retires_at


def _ending(row: SigningKey, at: int, schedule: Schedule) -> SigningKey:
    return replace(row, retires_at=at, removed_at=at + schedule.keep)


def active(rows: Iterable[SigningKey], alg: SigningAlg, now: int) -> SigningKey | None:
    """Return the key that signs now: of the active ones, which began last."""
    signing = [row for row in rows if row.alg == alg and state(row, now) == "active"]
    return max(signing, key=lambda row: (row.activates_at, row.kid), default=None)


def _next(rows: Iterable[SigningKey], alg: SigningAlg, now: int) -> SigningKey | None:
    waiting = [row for row in rows if row.alg == alg and state(row, now) == "next"]
    return min(waiting, key=lambda row: (row.activates_at, row.kid), default=None)


def _row(key: NewKey, now: int, *, activates_at: int) -> SigningKey:
    return SigningKey(key.kid, key.alg, key.public_jwk, key.sealed, now, activates_at)
