"""Traces of requests: a bounded table that forgets the oldest, refused and answered ones apart."""

from collections.abc import Iterable
from dataclasses import dataclass

from gatelodge.database.tx import Tx
from gatelodge.inspector.trace import Trace, read_trace, write_trace

REFUSED = 1_000  # traces of refused requests that are kept
ANSWERED = 500  # traces of other requests that are kept

PUT = "insert into traces (request_id, at, refused, endpoint, client_id, trace) values ($1, $2, $3, $4, $5, $6)"

FORGET = """
delete from traces
where refused = $1 and id <= (select id from traces where refused = $1 order by id desc limit 1 offset $2)
"""


async def put_all(tx: Tx, traces: Iterable[Trace]) -> None:
    """Keep traces, and forget the oldest beyond what is kept."""
    for trace in traces:
        labels = (int(trace.refused), trace.endpoint, trace.client_id)
        await tx.run(PUT, trace.request_id, trace.at, *labels, write_trace(trace))
    await tx.run(FORGET, 1, REFUSED)
    await tx.run(FORGET, 0, ANSWERED)


async def find(tx: Tx, request_id: str) -> Trace | None:
    """Return the trace of a request, `None` if there is none or it was forgotten."""
    row = await tx.one("select trace from traces where request_id = $1", request_id)
    return None if row is None else read_trace(row[0])


LIST_RECENT = """
select trace from traces
where ($1 = '' or client_id = $1) and ($2 = '' or endpoint = $2) and refused between $3 and $4
order by id desc limit $5
"""


async def list_recent(
    tx: Tx, limit: int, client_id: str = "", endpoint: str = "", refused: bool | None = None
) -> list[Trace]:
    """Return at most `limit` traces, newest first; of one client, endpoint or outcome if it is given."""
    least, most = (0, 1) if refused is None else (int(refused), int(refused))
    rows = await tx.all(LIST_RECENT, client_id, endpoint, least, most, limit)
    return [read_trace(row[0]) for row in rows]


@dataclass(frozen=True, slots=True)
class Labels:
    """The clients and the endpoints that traces are about, sorted."""

    clients: tuple[str, ...]
    endpoints: tuple[str, ...]


async def labels(tx: Tx) -> Labels:
    """Return what there are traces of."""
    clients = await tx.all("select distinct client_id from traces where client_id <> '' order by client_id")
    endpoints = await tx.all("select distinct endpoint from traces order by endpoint")
    return Labels(tuple(row[0] for row in clients), tuple(row[0] for row in endpoints))


async def count(tx: Tx) -> int:
    """Return how many traces there are."""
    row = await tx.one("select count(*) from traces")
    return 0 if row is None else int(row[0])
