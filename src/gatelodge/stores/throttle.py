"""Counters of failures, each for a window of time. What is counted is a digest, so the table names nobody.

The clock of the machine may jump: a window that would end later than a whole window from now is taken as over, so no
jump can lock an owner out for good.
"""

from dataclasses import dataclass

from gatelodge.config.setting import DAY
from gatelodge.database.rows import only
from gatelodge.database.tx import Tx


@dataclass(frozen=True, slots=True)
class Windows:
    """How windows grow: of four lengths in seconds, the next when 3, 6 and 10 times `limit` failed."""

    limit: int
    seconds: tuple[int, ...]


RAISE = """
insert into throttle (bucket, count, resets_at) values ($1, 1, $2)
on conflict (bucket) do update set
    count = case when throttle.resets_at > $3 and throttle.resets_at <= $2 then throttle.count + 1 else 1 end,
    resets_at = case when throttle.resets_at > $3 and throttle.resets_at <= $2 then throttle.resets_at else $2 end
returning count
"""


async def raise_count(tx: Tx, bucket: bytes, now: int, window: int) -> int:
    """Count one more in `bucket` and return the count; a new window, in seconds, begins when the last is over."""
    return int(only(await tx.one(RAISE, bucket, now + window, now))[0])


# A window that follows on the last within a day begins with all that failed before, and is as long as that says: one
# that would end later than such a window from now is over, as above. What is refused is no failure and grows nothing.
_END = """case when throttle.total >= 10 * $5 then cast($9 as bigint) when throttle.total >= 6 * $5 then $8
         when throttle.total >= 3 * $5 then $7 else $6 end"""
_RUNS = f"throttle.resets_at > $2 and throttle.resets_at <= {_END}"
_FOLLOWS = "throttle.resets_at > $3 and throttle.resets_at <= $2"
GROW = f"""
insert into throttle (bucket, count, resets_at, total) values ($1, 1, $4, 1)
on conflict (bucket) do update set
    count = case when {_RUNS} then throttle.count + 1 else 1 end,
    resets_at = case when {_RUNS} then throttle.resets_at when {_FOLLOWS} then {_END} else $4 end,
    total = case when {_RUNS} then throttle.total + case when throttle.count < $5 then 1 else 0 end
                 when {_FOLLOWS} then throttle.total + 1 else 1 end
returning count
"""  # noqa: S608


async def raise_growing(tx: Tx, bucket: bytes, now: int, windows: Windows) -> int:
    """Count one more in `bucket` and return the count; as failures add up, its windows become longer."""
    ends = [now + seconds for seconds in windows.seconds]
    row = await tx.one(GROW, bucket, now, now - DAY, ends[0], windows.limit, *ends)
    return int(only(row)[0])


async def count(tx: Tx, bucket: bytes, now: int) -> int:
    """Return what was counted in the window that runs now."""
    row = await tx.one("select count from throttle where bucket = $1 and resets_at > $2", bucket, now)
    return 0 if row is None else int(row[0])


async def resets_at(tx: Tx, bucket: bytes, now: int) -> int:
    """Return when the window that runs now is over, in seconds since 1970; `now` if none does."""
    row = await tx.one("select resets_at from throttle where bucket = $1 and resets_at > $2", bucket, now)
    return now if row is None else int(row[0])


LOWER = """
update throttle set count = count - 1, total = case when total > 0 then total - 1 else 0 end
where bucket = $1 and count > 0
"""


async def lower_count(tx: Tx, bucket: bytes) -> None:
    """Take back one that was counted in `bucket`."""
    await tx.run(LOWER, bucket)


async def forget(tx: Tx, bucket: bytes, now: int) -> bool:
    """Forget what was counted in `bucket`; `False` if nothing was in a window that runs."""
    return await tx.run("delete from throttle where bucket = $1 and resets_at > $2", bucket, now) == 1


async def clear(tx: Tx, bucket: bytes) -> None:
    """Forget what was counted in `bucket`."""
    await tx.run("delete from throttle where bucket = $1", bucket)
