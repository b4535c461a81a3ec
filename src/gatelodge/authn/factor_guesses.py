"""Guesses at second factors are counted before they are checked, per person and factor, over all browsers (ACC-13).

Whoever is asked for a second factor has shown the first one, so no stranger can fill these counters: only the owner, or
somebody who has their password.
"""

import hmac
from dataclasses import dataclass
from typing import Literal

from gatelodge.config.policies import SignInPolicy
from gatelodge.config.setting import DAY
from gatelodge.database.tx import Tx
from gatelodge.stores import throttle

Span = Literal["window", "day"]


@dataclass(frozen=True, slots=True)
class TooMany:
    """A guess that was one too many, for a window or for a day; `retry_after` in seconds."""

    span: Span
    retry_after: int


class FactorGuesses:
    """Counts under `key`, as `policy` says."""

    def __init__(self, key: bytes, policy: SignInPolicy) -> None:
        self._key = key
        self._policy = policy

    async def admit(self, tx: Tx, kind: str, user_id: int, now: int) -> TooMany | None:
        """Count a guess at a person's factor; `None` if it may be checked."""
        spans: tuple[tuple[Span, int, int], ...] = (
            ("window", self._policy.factor_failures, self._policy.window),
            ("day", self._policy.factor_failures_a_day, DAY),
        )
        for span, limit, seconds in spans:
            bucket = self._bucket(span, kind, user_id)
            if await throttle.raise_count(tx, bucket, now, seconds) > limit:
                return TooMany(span, max(1, await throttle.resets_at(tx, bucket, now) - now))
        return None

    async def forgive(self, tx: Tx, kind: str, user_id: int) -> None:
        """Take back what an admitted guess raised, because it was right."""
        await throttle.lower_count(tx, self._bucket("window", kind, user_id))
        await throttle.lower_count(tx, self._bucket("day", kind, user_id))

    async def forget(self, tx: Tx, kind: str, user_id: int) -> None:
        """Forget all guesses at a person's factor: it is opened again."""
        await throttle.clear(tx, self._bucket("window", kind, user_id))
        await throttle.clear(tx, self._bucket("day", kind, user_id))

    def _bucket(self, span: Span, kind: str, user_id: int) -> bytes:
        return hmac.digest(self._key, f"factor\0{span}\0{kind}\0{user_id}".encode(), "sha256")
