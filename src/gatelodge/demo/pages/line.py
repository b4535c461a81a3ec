"""How a demo application's back end reaches the server it belongs to: over HTTP, to this one issuer, on loopback."""

from collections.abc import Mapping

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse
from gatelodge.demo.pages.backend import Fetch, Form
from gatelodge.outbound import Call, FetchFailed, Outbound

MAX_ANSWER = 262_144  # bytes


def to_own_server(issuer: str, outbound: Outbound) -> Fetch:
    """Return a fetcher that reaches `issuer` and nothing else; no answer is a 504. `outbound` must allow loopback."""

    async def fetch(
        method: str, url: str, form: Form | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        if not url.startswith(issuer + "/"):
            raise ValueError("a demo application talks to its own server only")
        call = Call("POST" if method == "POST" else "GET", form, headers)
        try:
            answer = await outbound.send(call, url, MAX_ANSWER)
        except FetchFailed:
            return 504, {}, b""
        return answer.status, {"content-type": answer.content_type}, answer.body

    return fetch


def for_library(issuer: str, outbound: Outbound) -> AsyncSend:
    """Return what carries the questions of our own libraries to `issuer`, and nowhere else."""

    async def send(request: HttpRequest) -> HttpResponse:
        if not request.url.startswith(issuer + "/"):
            raise ServerUnavailable(request.url, "a demo application talks to its own server only", sent=False)
        try:
            form = None if request.form is None else dict(request.form)
            got = await outbound.send(Call(request.method, form, request.headers), request.url, MAX_ANSWER)
        except FetchFailed as failure:
            raise ServerUnavailable(request.url, failure.reason, sent=True) from None
        return HttpResponse(got.status, got.headers, got.body)

    return send
