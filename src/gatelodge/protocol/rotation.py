"""Refresh tokens that rotate: what one says, and how long it lives (RFC 9700 4.14.2, RFC 6749 10.4)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefreshValue:
    """What a refresh token says: the family's row id and nonce, and which generation of it this is."""

    family_id: int
    nonce: bytes
    generation: int


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds: `idle` unused, `absolute` however often it was refreshed."""

    idle: int
    absolute: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a family of refresh tokens dies: unused at `idle_at`, in any case at `at` (seconds since 1970)."""

    idle_at: int
    at: int


def first_expiry(lifetimes: Lifetimes, now: int) -> Expiry:
    """Return when a family that begins now dies."""
    at = now + lifetimes.absolute
    return Expiry(next_idle_expiry(lifetimes.idle, at, now), at)


def next_idle_expiry(idle: int, absolute_at: int, now: int) -> int:
    """Return when a refresh token handed out now dies unused; refreshing never moves the absolute end."""
    return min(now + idle, absolute_at)
