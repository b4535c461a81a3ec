"""Times as people read them: how long ago, and the date and hour in their own time zone."""

from datetime import UTC, datetime, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gatelodge.stores.users import UserRecord

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MONTH = 30 * _DAY


class ToldTime(NamedTuple):
    """A time: `iso` for machines, `shown` for people, and how long ago, `number` of `unit`, when it is not long."""

    iso: str
    shown: str
    unit: str
    number: int


def moment(at: int, now: int, zone: tzinfo = UTC) -> ToldTime:
    """Return the time `at`, in seconds since 1970, as it is told `now`."""
    there = datetime.fromtimestamp(at, zone)
    unit, count = _ago(now - at)
    return ToldTime(there.isoformat(), there.strftime("%Y-%m-%d %H:%M %Z"), unit, count)


def zone_of(user: UserRecord) -> tzinfo:
    """Return the time zone a person told, or UTC. What is no zone, whoever wrote it down, is none."""
    name = user.claims.get("zoneinfo")
    if not isinstance(name, str):
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        return UTC


def _ago(seconds: int) -> tuple[str, int]:
    if seconds < _MINUTE:
        return "now", 0
    if seconds < _HOUR:
        return "minutes", seconds // _MINUTE
    if seconds < _DAY:
        return "hours", seconds // _HOUR
    return ("days", seconds // _DAY) if seconds < _MONTH else ("long", 0)
