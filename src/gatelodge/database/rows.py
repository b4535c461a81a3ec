"""What every store says about rows: one that must be there, and how sets of words are kept in a column."""

from collections.abc import Iterable

from gatelodge.database.tx import Row


class NameTaken(Exception):
    """A name that must be unique is in use already; `what` says which. Rolls back the body that met it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is taken")
        self.what = what


def only(row: Row | None) -> Row:
    """Return the row of a statement that always answers with one. Raises `RuntimeError` if the engine did not."""
    if row is None:
        raise RuntimeError("a statement that always returns a row returned none")
    return row


def join(words: Iterable[str]) -> str:
    """Return a set of words as kept in a column: sorted, space-joined."""
    return " ".join(sorted(words))


def split(text: str) -> frozenset[str]:
    """Return the set of words that `join` kept."""
    return frozenset(text.split())
