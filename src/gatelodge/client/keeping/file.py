"""A store in one small file, read and written whole: for programs with a handful of grants. See `sqlite` for more."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gatelodge.client.keeping.contract import StoreRefused, StoreUnavailable
from gatelodge.client.keeping.locked_file import locked, make_private, refuse_shared, replace_whole
from gatelodge.client.keeping.sealed import Seals, TokenStore
from gatelodge.client.keeping.table import Held, Table, TableRows


def file_store(path: str | Path, keys: Sequence[str]) -> TokenStore:
    """Return the store in a file, which is made with mode 0600 if it is not there; `keys` are as in `Seals`.

    Raises `StoreRefused` for a file that others may read, `StoreUnavailable`.
    """
    place = Path(path)
    seals = Seals(keys)
    make_private(place)

    @contextmanager
    def opened() -> Generator[Table]:
        try:
            with locked(place.with_name(place.name + ".lock")):
                table = _read(place)
                before = dict(table)
                yield table
                if table != before:
                    replace_whole(place, msgspec.json.encode(list(table.values())))
        except OSError as error:
            raise StoreUnavailable(f"{place}: {error.strerror}") from None

    return TokenStore(TableRows(opened), seals)


def _read(path: Path) -> Table:
    refuse_shared(path)
    content = path.read_bytes()
    try:
        everything = msgspec.json.decode(content, type=list[Held]) if content else []
    except ValueError:
        raise StoreRefused(f"{path} is not a store, or was damaged") from None
    return {(held.row.kind, held.row.name): held for held in everything}
