"""Rows in a dictionary: what `memory` keeps and what `file` reads and writes whole."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from gatelodge.client.keeping.contract import Row


@dataclass(frozen=True, slots=True)
class Held:
    """A row and who holds it."""

    row: Row
    holder: str | None = None


Table = dict[tuple[str, str], Held]
Open = Callable[[], AbstractContextManager[Table]]  # nobody else opens it until it is left; what changed is kept then


class TableRows:
    """Rows in the dictionary that `opened` lends."""

    def __init__(self, opened: Open) -> None:
        self._opened = opened

    def find(self, kind: str, name: str) -> Row | None:
        """Return a row, `None` if there is none."""
        with self._opened() as table:
            held = table.get((kind, name))
            return held.row if held else None

    def add(self, row: Row) -> bool:
        """Write a row if there is none of its name; return whether it was written."""
        with self._opened() as table:
            if (row.kind, row.name) in table:
                return False
            table[row.kind, row.name] = _written(row, row.generation)
            return True

    def put(self, row: Row) -> None:
        """Write a row in the place of any other of its name."""
        with self._opened() as table:
            old = table.get((row.kind, row.name))
            table[row.kind, row.name] = _written(row, old.row.generation + 1 if old else row.generation)

    def replace(self, row: Row) -> bool:
        """Write a row if the one there is still of that generation; return whether so."""
        with self._opened() as table:
            old = table.get((row.kind, row.name))
            if old is None or old.row.generation != row.generation:
                return False
            table[row.kind, row.name] = _written(row, row.generation + 1)
            return True

    def remove(self, kind: str, name: str) -> bool:
        """Remove a row; return whether there was one."""
        with self._opened() as table:
            return table.pop((kind, name), None) is not None

    def remove_of(self, kind: str, subject: str | None, sid: str | None) -> list[str]:
        """Remove the rows that have every digest given; return their names."""
        if subject is None and sid is None:
            return []
        with self._opened() as table:
            rows = [held.row for held in table.values() if held.row.kind == kind]
            names = [row.name for row in rows if subject in (None, row.subject) and sid in (None, row.sid)]
            for name in names:
                del table[kind, name]
            return names

    def lease(self, kind: str, holder: str, now: int, until: int) -> Row | None:
        """Give the row that is due longest to `holder`."""
        with self._opened() as table:
            rows = [held.row for held in table.values() if held.row.kind == kind and held.row.leased_until <= now]
            due = [(row.due_at, row.name) for row in rows if row.due_at is not None and row.due_at <= now]
            return _leased(table, (kind, min(due)[1]), holder, until) if due else None

    def lease_one(self, row: Row, holder: str, now: int, until: int) -> Row | None:
        """Give one row to `holder`."""
        with self._opened() as table:
            held = table.get((row.kind, row.name))
            if held is None or held.row.generation != row.generation or held.row.leased_until > now:
                return None
            return _leased(table, (row.kind, row.name), holder, until)

    def extend(self, holder: str, until: int) -> None:
        """Let `holder` keep what it holds until then."""
        with self._opened() as table:
            for key, held in table.items():
                if held.holder == holder:
                    table[key] = replace(held, row=replace(held.row, leased_until=until))

    def release(self, row: Row, holder: str, due_at: int | None) -> None:
        """Give up a lease without writing."""
        with self._opened() as table:
            held = table.get((row.kind, row.name))
            if held is not None and held.holder == holder and held.row.generation == row.generation:
                table[row.kind, row.name] = Held(replace(held.row, leased_until=0, due_at=due_at))

    def next_due(self, kind: str) -> int | None:
        """Return when the first row of a kind is due or free again."""
        with self._opened() as table:
            rows = [held.row for held in table.values() if held.row.kind == kind]
            return min((max(row.due_at, row.leased_until) for row in rows if row.due_at is not None), default=None)

    def trim(self, kind: str, most: int) -> None:
        """Remove rows of a kind until `most` are left."""
        with self._opened() as table:
            if len(table) <= most:
                return
            rows = [held.row for held in table.values() if held.row.kind == kind]
            for row in sorted(rows, key=_end)[: max(0, len(rows) - most)]:
                del table[kind, row.name]

    def purge(self, now: int) -> None:
        """Remove every row that has expired."""
        with self._opened() as table:
            for key in [key for key, held in table.items() if _end(held.row) <= now]:
                del table[key]


def _written(row: Row, generation: int) -> Held:
    return Held(replace(row, generation=generation, leased_until=0, attempts=0))


def _leased(table: Table, key: tuple[str, str], holder: str, until: int) -> Row:
    row = table[key].row
    row = replace(row, leased_until=until, attempts=row.attempts + 1)
    table[key] = Held(row, holder)
    return row


def _end(row: Row) -> float:
    return float("inf") if row.expires_at is None else row.expires_at
