"""Counters of failures, each for a window of time. What is counted is a digest, so the table names nobody.

The clock of the machine may jump: a window that would end later than a whole window from now is taken as over, so no
jump can lock an owner out for good.
"""

from gatelodge.database.rows import only
from gatelodge.database.tx import Tx

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


async def resets_at(tx: Tx, bucket: bytes, now: int) -> int:
    """Return when the window that runs now is over, in seconds since 1970; `now` if none does."""
    row = await tx.one("select resets_at from throttle where bucket = $1 and resets_at > $2", bucket, now)
    return now if row is None else int(row[0])


async def lower_count(tx: Tx, bucket: bytes) -> None:
    """Take back one that was counted in `bucket`."""
    await tx.run("update throttle set count = count - 1 where bucket = $1 and count > 0", bucket)


async def clear(tx: Tx, bucket: bytes) -> None:
    """Forget what was counted in `bucket`."""
    await tx.run("delete from throttle where bucket = $1", bucket)
