"""The rows of a store in SQL, written once; every method is one statement, so none needs a transaction of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gatelodge.client.keeping.contract import Row

# Runs one statement, committed when it returns. Raises `StoreUnavailable`
Run = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]

SCHEMA = (
    """
create table if not exists gatelodge_kept (
    kind text not null, name text not null, value {BYTES} not null, generation bigint not null,
    due_at bigint, expires_at bigint, subject text, sid text,
    holder text, leased_until bigint not null, attempts bigint not null, primary key (kind, name)
)
""",
    "create index if not exists gatelodge_kept_due on gatelodge_kept (kind, due_at)",
    "create index if not exists gatelodge_kept_expired on gatelodge_kept (expires_at)",
    "create index if not exists gatelodge_kept_subject on gatelodge_kept (kind, subject)",
    "create index if not exists gatelodge_kept_sid on gatelodge_kept (kind, sid)",
)

_COLUMNS = "kind, name, value, generation, due_at, expires_at, subject, sid, leased_until, attempts"
_NEW = "(:kind, :name, :value, :generation, :due_at, :expires_at, :subject, :sid, 0, 0)"
_WRITTEN = """
value = :value, due_at = :due_at, expires_at = :expires_at, subject = :subject, sid = :sid,
holder = null, leased_until = 0, attempts = 0, generation = gatelodge_kept.generation + 1
"""
_FIND = f"select {_COLUMNS} from gatelodge_kept where kind = :kind and name = :name"  # noqa: S608 - constants
_ADD = f"insert into gatelodge_kept ({_COLUMNS}) values {_NEW} on conflict (kind, name) do nothing returning name"  # noqa: S608
_PUT = f"insert into gatelodge_kept ({_COLUMNS}) values {_NEW} on conflict (kind, name) do update set {_WRITTEN}"  # noqa: S608
_REPLACE = f"""
update gatelodge_kept set {_WRITTEN} where kind = :kind and name = :name and generation = :generation returning name
"""  # noqa: S608
_REMOVE = "delete from gatelodge_kept where kind = :kind and name = :name returning name"
_REMOVE_OF_SUBJECT = "delete from gatelodge_kept where kind = :kind and subject = :subject returning name"
_REMOVE_OF_SID = "delete from gatelodge_kept where kind = :kind and sid = :sid returning name"
_REMOVE_OF_BOTH = """
delete from gatelodge_kept where kind = :kind and subject = :subject and sid = :sid returning name
"""
# Another may have taken the row since the inner select saw it: the outer condition looks again.
_LEASE = f"""
update gatelodge_kept set holder = :holder, leased_until = :until, attempts = attempts + 1
where kind = :kind and due_at <= :now and leased_until <= :now and name = (
    select name from gatelodge_kept where kind = :kind and due_at <= :now and leased_until <= :now
    order by due_at limit 1
) returning {_COLUMNS}
"""  # noqa: S608
_LEASE_ONE = f"""
update gatelodge_kept set holder = :holder, leased_until = :until, attempts = attempts + 1
where kind = :kind and name = :name and generation = :generation and leased_until <= :now returning {_COLUMNS}
"""  # noqa: S608
_EXTEND = "update gatelodge_kept set leased_until = :until where holder = :holder"
_RELEASE = """
update gatelodge_kept set holder = null, leased_until = 0, due_at = :due_at
where kind = :kind and name = :name and generation = :generation and holder = :holder
"""
_NEXT_DUE = """
select min(case when leased_until > due_at then leased_until else due_at end) from gatelodge_kept where kind = :kind
"""
_TRIM = """
delete from gatelodge_kept where kind = :kind and name in (
    select name from gatelodge_kept where kind = :kind order by expires_at desc limit 1000 offset :most
)
"""
_PURGE = "delete from gatelodge_kept where expires_at <= :now"


class SqlRows:
    """Rows in a database that `run` reaches."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def find(self, kind: str, name: str) -> Row | None:
        """Return a row, `None` if there is none."""
        return _first(self._run(_FIND, {"kind": kind, "name": name}))

    def add(self, row: Row) -> bool:
        """Write a row if there is none of its name; return whether it was written."""
        return bool(self._run(_ADD, asdict(row)))

    def put(self, row: Row) -> None:
        """Write a row in the place of any other of its name."""
        self._run(_PUT, asdict(row))

    def replace(self, row: Row) -> bool:
        """Write a row if the one there is still of that generation; return whether so."""
        return bool(self._run(_REPLACE, asdict(row)))

    def remove(self, kind: str, name: str) -> bool:
        """Remove a row; return whether there was one."""
        return bool(self._run(_REMOVE, {"kind": kind, "name": name}))

    def remove_of(self, kind: str, subject: str | None, sid: str | None) -> list[str]:
        """Remove the rows that have every digest given; return their names."""
        match subject, sid:
            case None, None:
                return []
            case None, _:
                statement = _REMOVE_OF_SID
            case _, None:
                statement = _REMOVE_OF_SUBJECT
            case _:
                statement = _REMOVE_OF_BOTH
        return [row[0] for row in self._run(statement, {"kind": kind, "subject": subject, "sid": sid})]

    def lease(self, kind: str, holder: str, now: int, until: int) -> Row | None:
        """Give the row that is due longest to `holder`."""
        return _first(self._run(_LEASE, {"kind": kind, "holder": holder, "now": now, "until": until}))

    def lease_one(self, row: Row, holder: str, now: int, until: int) -> Row | None:
        """Give one row to `holder`."""
        return _first(self._run(_LEASE_ONE, asdict(row) | {"holder": holder, "now": now, "until": until}))

    def extend(self, holder: str, until: int) -> None:
        """Let `holder` keep what it holds until then."""
        self._run(_EXTEND, {"holder": holder, "until": until})

    def release(self, row: Row, holder: str, due_at: int | None) -> None:
        """Give up a lease without writing."""
        self._run(_RELEASE, asdict(row) | {"holder": holder, "due_at": due_at})

    def next_due(self, kind: str) -> int | None:
        """Return when the first row of a kind is due or free again."""
        return self._run(_NEXT_DUE, {"kind": kind})[0][0]

    def trim(self, kind: str, most: int) -> None:
        """Remove rows of a kind until `most` are left, a thousand at a time."""
        self._run(_TRIM, {"kind": kind, "most": most})

    def purge(self, now: int) -> None:
        """Remove every row that has expired."""
        self._run(_PURGE, {"now": now})


def _first(rows: Sequence[Sequence[Any]]) -> Row | None:
    if not rows:
        return None
    kind, name, value, generation, due_at, expires_at, subject, sid, leased_until, attempts = rows[0]
    return Row(
        kind=kind,
        name=name,
        value=bytes(value),
        generation=generation,
        due_at=due_at,
        expires_at=expires_at,
        subject=subject,
        sid=sid,
        leased_until=leased_until,
        attempts=attempts,
    )
