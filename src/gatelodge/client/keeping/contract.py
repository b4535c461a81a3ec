"""What a store's engine does: rows that are found by kind and name, changed by one statement, and leased to one holder.

An engine sees sealed values and digests only. Whoever does what `Rows` says is one.
"""

from dataclasses import dataclass, field
from typing import Protocol

from gatelodge.client.errors import OAuthClientError


class StoreUnavailable(OAuthClientError):
    """The store cannot be read or written now."""


class StoreRefused(OAuthClientError):
    """The store may not be used: its file may be read by others, or none of the given keys opens what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `kind` and `name` find it; everything but `value` is in the clear, so names are digests.

    `generation` counts its replacements. `due_at`, `expires_at` and `leased_until` are in seconds since 1970; `None`
    means never. `subject` and `sid` are whose it is, as digests. `attempts` counts its leases since it was written.
    """

    kind: str
    name: str
    value: bytes = field(repr=False)
    generation: int = 0
    due_at: int | None = None
    expires_at: int | None = None
    subject: str | None = None
    sid: str | None = None
    leased_until: int = 0
    attempts: int = 0


class Rows(Protocol):
    """An engine. Each method is one step that happens whole or not at all, among all threads and processes.

    Every method may raise `StoreUnavailable`. None waits longer than a few seconds.
    """

    def find(self, kind: str, name: str) -> Row | None:
        """Return a row, `None` if there is none."""
        ...

    def add(self, row: Row) -> bool:
        """Write a row if there is none of its name; return whether it was written."""
        ...

    def put(self, row: Row) -> None:
        """Write a row in the place of any other of its name; its generation is one more than the other's."""
        ...

    def replace(self, row: Row) -> bool:
        """Write a row if the one there is still of `row.generation`, which then counts one more; return whether so.

        Nobody holds a row that was just written, and it was not attempted.
        """
        ...

    def remove(self, kind: str, name: str) -> bool:
        """Remove a row; return whether there was one."""
        ...

    def remove_of(self, kind: str, subject: str | None, sid: str | None) -> list[str]:
        """Remove the rows that have every digest given, none if none is; return their names."""
        ...

    def lease(self, kind: str, holder: str, now: int, until: int) -> Row | None:
        """Give the row that is due longest, and that nobody holds, to `holder` until then, or until it is written."""
        ...

    def lease_one(self, row: Row, holder: str, now: int, until: int) -> Row | None:
        """Do the same with one row, due or not, if it is still of that generation and nobody holds it."""
        ...

    def extend(self, holder: str, until: int) -> None:
        """Let `holder` keep what it holds until then."""
        ...

    def release(self, row: Row, holder: str, due_at: int | None) -> None:
        """Give up a lease without writing; the row is due then. Nothing happens if `holder` does not hold it."""
        ...

    def next_due(self, kind: str) -> int | None:
        """Return when the first row of a kind is due or free again, `None` if none ever is."""
        ...

    def trim(self, kind: str, most: int) -> None:
        """Remove rows of a kind, those first that expire first, until `most` are left."""
        ...

    def purge(self, now: int) -> None:
        """Remove every row that has expired."""
        ...
