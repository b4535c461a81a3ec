"""Values on their way to and from PostgreSQL: text, integers and bytes, in its binary format.

Anything else is refused on the way in before it is sent, and on the way out by name.
"""

from collections.abc import Callable, Sequence

from psycopg.pq.abc import PGresult

from gatelodge.database.tx import Row, Value

Types = tuple[int, ...]
Readers = tuple[Callable[[bytes], Value], ...]


class Unreadable(Exception):
    """A column is of a type that bodies do not use."""


# What a parameter is declared as, by PostgreSQL's number of the type. An integer is always a 64-bit one, so that
# `$1 - 5` is not computed in 32 bits; an absent value takes its type from where it stands.
_TEXT, _INT8, _BYTEA, _INFERRED = 25, 20, 17, 0


def encode(params: Sequence[Value]) -> tuple[Types, list[bytes | None]]:
    """Return parameters as declared types and binary values."""
    types: list[int] = []
    values: list[bytes | None] = []
    for value in params:
        if isinstance(value, str):
            types.append(_TEXT)
            values.append(_text(value))
        elif isinstance(value, int):
            types.append(_INT8)
            values.append(value.to_bytes(8, "big", signed=True))
        elif value is None:
            types.append(_INFERRED)
            values.append(None)
        else:
            types.append(_BYTEA)
            values.append(value)
    return tuple(types), values


def _text(value: str) -> bytes:
    raw = value.encode()
    if b"\0" in raw:
        raise ValueError("a text parameter has a NUL character")
    return raw


def _integer(raw: bytes) -> int:
    return int.from_bytes(raw, "big", signed=True)


# How a column is read, by PostgreSQL's number of its type. A truth value is an integer, as it is in SQLite.
_READERS: dict[int, Callable[[bytes], Value]] = {
    16: _integer,  # boolean
    17: bytes,  # bytea
    19: bytes.decode,  # name
    20: _integer,  # bigint
    21: _integer,  # smallint
    23: _integer,  # integer
    25: bytes.decode,  # text
    1043: bytes.decode,  # varchar
}


def readers_of(result: PGresult) -> Readers:
    """Return how each column of a result is read. One that cannot be is only an error if it has a value."""
    return tuple(_READERS.get(result.ftype(column), _unreadable) for column in range(result.nfields))


def _unreadable(raw: bytes) -> Value:
    raise Unreadable("a column is neither text nor a whole number nor bytes: cast it")


def row_of(result: PGresult, number: int, readers: Readers) -> Row:
    """Return one row of a result. Raises `Unreadable`."""
    get = result.get_value
    return tuple([None if (raw := get(number, column)) is None else read(raw) for column, read in enumerate(readers)])
