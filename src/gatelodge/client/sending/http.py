"""What the client library sends and what comes back, as values: every rule of the protocol is a function over these.

`x_request` functions make an `HttpRequest`, `read_x_response` functions judge an `HttpResponse`. What carries one to
the server and brings the other back is a `Send` or an `AsyncSend`: see `sender.py`, or bring your own.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gatelodge.client.errors import ServerUnavailable, UnexpectedAnswer
from gatelodge.protocol.strict_json import BadJson, read_object

MAX_BODY = 262_144  # bytes of an answer
MAX_RETRY_AFTER = 3_600  # seconds a server is believed to need

Form = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. `form` is sent urlencoded, a name may repeat; it and the headers may hold secrets: never shown."""

    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    form: Form | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One answer. Names of headers are lower case; the body, which may hold tokens, is not shown."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)


Send = Callable[[HttpRequest], HttpResponse]
AsyncSend = Callable[[HttpRequest], Awaitable[HttpResponse]]


def json_object(response: HttpResponse, what: str) -> dict[str, Any]:
    """Return the JSON object in an answer. Raises `UnexpectedAnswer`, naming `what` it was to be."""
    try:
        return read_object(response.body, MAX_BODY)
    except BadJson as error:
        came = f"{response.status}, {content_type(response)}, {error}"
        raise UnexpectedAnswer(what, "a JSON object", came) from None


def content_type(response: HttpResponse) -> str:
    """Return the media type of an answer without its parameters, in lower case."""
    return response.headers.get("content-type", "no content type").partition(";")[0].strip().lower()


def refuse_outage(response: HttpResponse, url: str) -> None:
    """Raise `ServerUnavailable` for an answer that says the server cannot answer now (5xx, and 429)."""
    if response.status < 500 and response.status != 429:
        return
    raise ServerUnavailable(
        url, f"it answered {response.status}", sent=True, status=response.status, retry_after=_retry_after(response)
    )


def _retry_after(response: HttpResponse) -> int | None:
    """Return the seconds to wait; the form with a date is not worth its clock (RFC 9110 10.2.3)."""
    text = response.headers.get("retry-after", "")
    return min(int(text), MAX_RETRY_AFTER) if text.isascii() and text.isdigit() and len(text) < 10 else None
