"""Different names that one network fails at: who tries many has a list of somebody else's passwords (OWASP: stuffing).

A name is marked for a while when it is first tried, and only a new mark raises the counter of the network. A right
password takes the mark of its own name away, and what that had raised, once: an office full of people who mistype
is no attack, and an account of one's own buys no name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.database.tx import Tx
from gatelodge.stores import throttle

WINDOW = 600  # seconds


@dataclass(frozen=True, slots=True)
class NamesTried:
    """A name at a network: the bucket of its `mark`, and those of the `networks` it counts for, with their limits."""

    mark: bytes
    networks: Sequence[tuple[bytes, int]]

    async def admit(self, tx: Tx, now: int) -> tuple[int, bool] | None:
        """Count the name; if a network tried too many: for how many seconds, and whether it is told so first."""
        new = await throttle.raise_count(tx, self.mark, now, WINDOW) == 1
        for bucket, limit in self.networks:
            count = await (throttle.raise_count(tx, bucket, now, WINDOW) if new else throttle.count(tx, bucket, now))
            if count > limit:
                over = await throttle.resets_at(tx, bucket, now)
                return max(1, over - now), new and count == limit + 1
        return None

    async def forgive(self, tx: Tx, now: int) -> None:
        """Take the name back, because its password is known here."""
        if await throttle.forget(tx, self.mark, now):
            for bucket, _ in self.networks:
                await throttle.lower_count(tx, bucket)
