"""Places: small numbers that say where rows live, so that a database may lie on many machines.

A person has a place, and so has a client where no person is; all that is theirs lives there. A row id is
`sequence * 1024 + place`: whoever is handed an id, or a value that carries one, knows by itself where the row is. In
SQL an id is made by `nextval('ids') * 1024 + $n` with the place as `$n`.
"""

from dataclasses import dataclass
from hashlib import sha256

MOST = 1_024  # places that an id has room for

_MASK = MOST - 1


def place_of(row_id: int) -> int:
    """Return where the row of this id lives."""
    return row_id & _MASK


@dataclass(frozen=True, slots=True)
class Places:
    """How many places a database has: 1 or 1,024."""

    count: int = 1

    def of(self, value: bytes) -> int:
        """Return a place that follows from a value: evenly spread if values are random, as digests are."""
        return int.from_bytes(value[:2]) & (self.count - 1)

    def of_name(self, name: str) -> int:
        """Return a place that follows from a name."""
        return 0 if self.count == 1 else self.of(sha256(name.encode("utf-8", "surrogatepass")).digest())
