"""The management listener: is it alive, is it ready, what does it count. Never on the public listener."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from gatelodge.telemetry import metrics

Check = Callable[[], Awaitable[str | None]]


class Management:
    """An ASGI application with `/livez`, `/readyz` and `/metrics`.

    `checks` maps the name of something the server needs to a call that returns `None` when it is well, or one line
    saying what is wrong.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, kind, body = await self._answer(scope["method"], scope["path"])
        headers = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, method: str, path: str) -> tuple[int, bytes, bytes]:
        if method not in ("GET", "HEAD"):
            return 405, b"text/plain", b"method not allowed\n"
        match path:
            case "/livez":
                return 200, b"text/plain", b"alive\n"
            case "/readyz":
                wrong = {name: said for name, check in self._checks.items() if (said := await check()) is not None}
                body = msgspec.json.encode({"ready": not wrong, "wrong": wrong})
                return (503 if wrong else 200), b"application/json", body
            case "/metrics":
                return 200, b"text/plain; version=0.0.4; charset=utf-8", metrics.exposition()
            case _:
                return 404, b"text/plain", b"not found\n"
