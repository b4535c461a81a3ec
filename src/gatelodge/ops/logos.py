"""The logo of a client: fetched once, when an operator says so, judged by what it is, kept here and shown from here.

People's browsers load nothing of a client's, so no client learns who looks at a sign-in page, and what was judged is
what is shown. Each function that is given a `Tx` is one transaction body.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from gatelodge.config.policies import LegacyPolicy
from gatelodge.database.tx import Tx
from gatelodge.ops import clients
from gatelodge.ops.client_drafts import Document
from gatelodge.ops.refusals import OperationRefused
from gatelodge.outbound import Call, FetchFailed, Outbound
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.protocol.picture import MAX_BYTES, read_picture
from gatelodge.stores import logos as store
from gatelodge.telemetry.events import Origin

OK = 200  # HTTP status
_NAMED_BY = 16  # hexadecimal digits of its digest
_WANTED = {"accept": "image/png, image/webp, image/jpeg"}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that was judged, under its `name`; `uri` is where it was fetched, if it was."""

    name: str
    body: bytes = field(repr=False)
    uri: str | None = None


async def read_logo(source: str, outbound: Outbound) -> Logo:
    """Return the picture in a file or at an https address. Raises `OperationRefused` if there is none."""
    is_remote = source.startswith(("https:", "http:"))
    body = await _fetched(source, outbound) if is_remote else _read(Path(source))
    try:
        suffix = read_picture(body).suffix
    except ValueError as wrong:
        raise OperationRefused(f"{source} is no logo: {wrong}") from None
    return Logo(sha256(body).hexdigest()[:_NAMED_BY] + suffix, body, source if is_remote else None)


def said_of(logo: Logo | None) -> Document:
    """Return the members of a registration that say this; with `None` there is no logo any more."""
    return {"logo": logo and logo.name, "logo_uri": logo and logo.uri}


async def add(tx: Tx, client: Client, logo: Logo | None, legacy: LegacyPolicy, origin: Origin, now: int) -> Client:
    """Register a client with its logo, if it has one. Raises what `clients.add` does."""
    added = await clients.add(tx, client, legacy, origin, now)
    if logo is not None:
        await store.put(tx, client.id, logo.name, logo.body)
    return added


async def change(
    tx: Tx,
    client_id: str,
    said: Document,
    logo: Logo | None,
    secret: ClientSecret,
    legacy: LegacyPolicy,
    origin: Origin,
    now: int,
) -> Client:
    """Change a client, and its logo where `said` tells of one. Raises what `clients.change` does."""
    after = await clients.change(tx, client_id, said, secret, legacy, origin, now)
    if logo is not None:
        await store.put(tx, client_id, logo.name, logo.body)
    elif "logo" in said:
        await store.remove(tx, client_id)
    return after


async def _fetched(url: str, outbound: Outbound) -> bytes:
    try:
        answer = await outbound.send(Call("GET", headers=_WANTED), url, MAX_BYTES)
    except FetchFailed as failed:
        raise OperationRefused(f"{url} was not fetched: {failed.reason}") from None
    if answer.status != OK:
        raise OperationRefused(f"{url} was not fetched: it answered {answer.status}")
    return answer.body


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise OperationRefused(f"{file} cannot be read: {error.strerror}") from None
