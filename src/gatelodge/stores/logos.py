"""Logos of clients: pictures by names that their content gives them, so under one name there is always one picture."""

from gatelodge.database.tx import Tx

FIND = "select body from client_logos where name = $1 limit 1"


async def find(tx: Tx, name: str) -> bytes | None:
    """Return the picture of this name, `None` if no client has it."""
    row = await tx.one(FIND, name)
    return None if row is None else bytes(row[0])


PUT = """
insert into client_logos (client_id, name, body) values ($1, $2, $3)
on conflict (client_id) do update set name = $2, body = $3
"""


async def put(tx: Tx, client_id: str, name: str, body: bytes) -> None:
    """Keep the logo of a client in place of the one it had."""
    await tx.run(PUT, client_id, name, body)


REMOVE = "delete from client_logos where client_id = $1"


async def remove(tx: Tx, client_id: str) -> None:
    """Forget the logo of a client, if it has one."""
    await tx.run(REMOVE, client_id)
