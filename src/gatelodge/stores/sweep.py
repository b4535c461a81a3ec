"""Removing what expired, in small batches, by one worker at a time.

Three clocks may be wrong: another worker's by some minutes, this one's by years. So rows are kept for a day past their
end, or less where there are very many, and no sweep moves the horizon, the time up to which was purged, by more than an
hour: a clock that jumps ahead cannot take living rows with it before somebody notices, and one that jumps back revives
nothing.
"""

from dataclasses import dataclass

from gatelodge.config.policies import DAY, RetentionPolicy
from gatelodge.database.tx import Database, Tx, Unavailable
from gatelodge.stores.departures import Farewell, remove_due, unsaid

GRACE = DAY  # seconds a row is kept past its end: no difference between clocks that we expect revives one
SOON = 600  # the same of a request that waits for a person: strangers make any number, and none is worth anything
BRIEF = 3_600  # the same of what is seen once: a busy client makes a proof for each request, good for a minute
DEAD = 30 * DAY  # the same of a parcel that nobody could deliver: so long an operator can have it tried again
STRIDE = 3_600  # seconds one sweep may move the horizon by
LEASE = 300  # seconds a sweep has before another worker may take over
BATCHES = 1_000  # per table and sweep; what is left is for the next one


async def purge(db: Database, now: int, policy: RetentionPolicy, farewell: Farewell = unsaid) -> dict[str, int]:
    """Remove what ended long enough ago; return how many rows of each table, or nothing if another worker is at it.

    Whose account goes with it is told by `farewell`.
    Raises `Unavailable`, or what a table's statement did; what was removed stays removed.
    """
    sweep = await db.write(begin, now)
    if sweep is None:
        return {}
    removed, trouble = dict[str, int](), None
    for table in (*ENDS, DELETIONS):
        try:
            if table == DELETIONS:
                removed[table] = await remove_due(db, sweep.horizon, policy.purge_batch, farewell)
            else:
                removed[table] = await _purge_table(db, sweep, table, policy)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one table that cannot be swept must not keep all others full
            trouble = error
    await db.write(end, sweep)
    if trouble is not None:
        raise trouble
    return removed


@dataclass(frozen=True, slots=True)
class Sweep:
    """The right to remove what ended before `horizon`, until a newer lease is given."""

    lease: int
    horizon: int


# A lease that ends further ahead than leases are long was taken by a clock that is wrong: it binds nobody.
# The first horizon is when the installation was founded: the clock of the first sweep may be the one that is wrong.
BEGIN = """
insert into sweeps (one, lease, leased_until, horizon)
values (1, 1, $1 + $2, coalesce((select created_at from instance where one = 1), $1))
on conflict (one) do update set
    lease = sweeps.lease + 1,
    leased_until = excluded.leased_until,
    horizon = case when $1 < sweeps.horizon then sweeps.horizon
                   when $1 > sweeps.horizon + $3 then sweeps.horizon + $3
                   else $1 end
where sweeps.leased_until <= $1 or sweeps.leased_until > $1 + $2
returning lease, horizon
"""


async def begin(tx: Tx, now: int) -> Sweep | None:
    """Take the lease; `None` while another worker has it."""
    row = await tx.one(BEGIN, now, LEASE, STRIDE)
    return None if row is None else Sweep(*row)


HOLDS = "select 1 from sweeps where lease = $1"


async def holds(tx: Tx, sweep: Sweep) -> bool:
    """Return whether no newer lease was given."""
    return await tx.one(HOLDS, sweep.lease) is not None


END = "update sweeps set leased_until = 0 where lease = $1"


async def end(tx: Tx, sweep: Sweep) -> None:
    """Let the next worker begin at once."""
    await tx.run(END, sweep.lease)


@dataclass(frozen=True, slots=True)
class Ends:
    """By which column the rows of a table end, and what names a row.

    `only` are the rows of `table` that are meant, if not all of the table this is called by.
    """

    column: str
    key: str = "place, id"
    table: str = ""
    only: str = "1 = 1"


STRANGERS = "('interaction', 'upstream', 'upstream_post', 'passkey')"  # kinds of tickets that anybody makes

ENDS = {
    "families": Ends("expires_at"),
    "interactions": Ends("expires_at", table="tickets", only=f"kind in {STRANGERS}"),
    "tickets": Ends("expires_at"),
    "access_tokens": Ends("expires_at"),
    "sessions": Ends("expires_at"),
    "trusted_browsers": Ends("expires_at"),
    "seen": Ends("expires_at", key="digest"),
    "throttle": Ends("resets_at", key="bucket"),
    "outbox": Ends("sent_at"),
    "outbox_dead": Ends("dead_at", table="outbox", only="dead_at is not null"),
    "audit": Ends("at"),
    "traces": Ends("at", key="id"),
}


DELETIONS = "deletions"


async def _purge_table(db: Database, sweep: Sweep, table: str, policy: RetentionPolicy) -> int:
    graces = {"audit": policy.audit_days * DAY, "interactions": SOON, "seen": BRIEF, "outbox_dead": DEAD}
    kept = graces.get(table, GRACE)
    removed = 0
    for _ in range(BATCHES):
        batch = await db.write(_remove_some, sweep, table, sweep.horizon - kept, policy.purge_batch)
        removed += batch.removed
        if batch.was_last:
            break
    return removed


@dataclass(frozen=True, slots=True)
class Batch:
    """How many rows went, and whether there are no more for this sweep."""

    removed: int
    was_last: bool


async def _remove_some(tx: Tx, sweep: Sweep, table: str, before: int, most: int) -> Batch:
    if not await holds(tx, sweep):
        return Batch(0, was_last=True)
    removed = await tx.run(REMOVALS[table], before, most)
    return Batch(removed, was_last=removed < most)


def _removal(table: str, ends: Ends) -> str:
    rows = f"{ends.table or table} where {ends.only} and"
    oldest = f"select {ends.key} from {rows} {ends.column} < $1 order by {ends.column} limit $2"  # noqa: S608
    return f"delete from {ends.table or table} where ({ends.key}) in ({oldest})"  # noqa: S608


REMOVALS = {table: _removal(table, ends) for table, ends in ENDS.items()}
