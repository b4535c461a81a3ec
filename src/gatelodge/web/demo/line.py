"""How a demo application's back end reaches the server it belongs to: over HTTP, to this one issuer, on loopback."""

from collections.abc import Mapping

from gatelodge.outbound import Call, FetchFailed, Outbound
from gatelodge.web.demo.backend import Fetch, Form

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
