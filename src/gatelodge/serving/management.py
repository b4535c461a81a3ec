"""The management listener: is it alive, is it ready, what does it count. Never on the public listener.

A page in the browser of somebody who can reach it must not read it by a name that leads here for a moment (DNS
rebinding): a Host that is a name of the open internet is answered only if the operator gave it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from ipaddress import ip_address
from typing import Any

import msgspec

from gatelodge.telemetry import metrics

Check = Callable[[], Awaitable[str | None]]
Ages = Callable[[], Mapping[str, int]]


class Management:
    """An ASGI application with `/livez`, `/readyz` and `/metrics`.

    `checks` maps the name of something the server needs to a call that returns `None` when it is well, or one line
    saying what is wrong; `concerns` are told and do not make it unready. `ages` returns the seconds since each work in
    the background last succeeded. `hosts` are the names it may be asked by, besides addresses and names without a dot.
    """

    def __init__(
        self, checks: Mapping[str, Check], concerns: Mapping[str, Check], ages: Ages, hosts: Iterable[str] = ()
    ) -> None:
        self._checks = checks
        self._concerns = concerns
        self._ages = ages
        self._names = frozenset(name_in(host) for host in hosts)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if not all(answers_to(name_in(host), self._names) for host in _hosts(scope)):
            status, kind, body = _MISDIRECTED
        else:
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
                wrong, warnings = await _said_by(self._checks), await _said_by(self._concerns)
                said = {"ready": not wrong, "wrong": wrong, "warnings": warnings, "watches": self._ages()}
                body = msgspec.json.encode(said)
                return (503 if wrong else 200), b"application/json", body
            case "/metrics":
                return 200, b"text/plain; version=0.0.4; charset=utf-8", metrics.exposition()
            case _:
                return 404, b"text/plain", b"not found\n"


async def _said_by(checks: Mapping[str, Check]) -> dict[str, str]:
    return {name: said for name, check in checks.items() if (said := await check()) is not None}


_MISDIRECTED = (421, b"text/plain", b"this listener does not answer to that host name\n")


def answers_to(name: str, names: Collection[str]) -> bool:
    """Whether this is asked by one of `names`, an address, or a name that no stranger can have.

    Names without a dot are of the local network. A probe without a Host, `""`, is no browser.
    """
    return "." not in name or name in names or _is_address(name)


def name_in(host: str) -> str:
    """Return the name in a Host header, in lower case and without the port."""
    return host.strip().lower().rpartition("]")[0].removeprefix("[") or host.strip().lower().partition(":")[0]


def _hosts(scope: Any) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
