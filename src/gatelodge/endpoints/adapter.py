"""The door: the one place where ASGI meets the protocol. It reads within limits, calls one handler, sends one reply."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import structlog

from gatelodge.authn.contract import Throttled
from gatelodge.client_auth.contract import TooManyFailures
from gatelodge.clock import Clock, Entropy
from gatelodge.config.site import Site
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints import cors, languages
from gatelodge.endpoints.failures import Failures, HttpRefusal
from gatelodge.endpoints.reading import (
    Disconnected,
    Receive,
    Scope,
    check_origin_of_request,
    client_address,
    read_cookies,
    read_form,
    read_headers,
    read_json,
    read_query,
)
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Match, Route, Table
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.reply import Cookie, Headers, Reply
from gatelodge.sessions.cookies import LANGUAGE
from gatelodge.sessions.states import BrowserStates
from gatelodge.telemetry import metrics
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import AnswerAwaited, Origin, RequestRefused
from gatelodge.telemetry.mishap import told
from gatelodge.telemetry.notes import NoteKeeper, Notes

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.stdlib.get_logger()
_encode = msgspec.json.Encoder(enc_hook=dict).encode
NOT_FOUND = HttpRefusal(404, "there is nothing at this address", "not_found")


@dataclass(frozen=True, slots=True)
class HttpAdapter:
    """The one place where HTTP meets this server: reads a request, finds its route, writes the answer.

    It holds nothing of a request afterwards. `tracing` is there if the inspector is on, `states` if frames are told of
    sessions."""

    site: Site
    table: Table
    failures: Failures
    clock: Clock
    entropy: Entropy
    tracing: NoteKeeper | None = None
    states: BrowserStates | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        started = self.clock.monotonic()
        request_id = self.entropy.bytes(8).hex()
        match = self.table.find(scope["raw_path"].decode("latin-1"))
        route = match.route if match else None
        notes = None if self.tracing is None else Notes()
        headers: dict[str, str] = {}
        try:
            headers = read_headers(scope)
            if route is None or route.kind == "page":
                languages.note(headers.get("accept-language", ""))
            origin = Origin(request_id, client_address(scope, headers, self.site), notes)
            reply = await self._answer(scope, receive, match, headers, origin)
        except Disconnected:
            return
        except HttpRefusal as refusal:
            reply = self.failures.refused(route, refusal, request_id)
            if notes is not None:
                notes.refused(refusal.code, refusal.description)
        if route is not None and route.cors and (shared := cors.headers_for(route, headers)):
            reply = reply.with_headers(*shared)
        await self._send(send, scope["method"], route, reply, request_id)
        name = route.name if route else "none"
        metrics.answered(name, reply.status, self.clock.monotonic() - started)
        if notes is not None and self.tracing is not None:
            self.tracing.keep(notes, request_id, name, scope["method"], reply.status)

    async def _answer(
        self, scope: Scope, receive: Receive, match: Match | None, headers: dict[str, str], origin: Origin
    ) -> Reply:
        check_origin_of_request(scope, headers, self.site)
        if match is None:
            raise NOT_FOUND
        route, method = match.route, scope["method"]
        handler = route.handler(method)
        if handler is None:
            allow = cors.preflight(route, headers) if method == "OPTIONS" else None
            if allow is not None:
                return allow
            raise HttpRefusal(405, "this method is not allowed here", headers=(("allow", ", ".join(route.handlers)),))
        try:
            cookies = read_cookies(headers.get("cookie", ""), self.site.secure) if route.kind == "page" else {}
            request = Request(
                method=method,
                path=route.path,
                query=read_query(scope),
                form=await _body(route)(scope, receive, headers, self.site.max_body) if method == "POST" else EMPTY,
                headers=headers,
                cookies=cookies,
                origin=origin,
                path_params=match.path_params,
            )
            if origin.notes is not None:
                origin.notes.read(request.query, request.form, headers)
            if route.kind != "page":
                return await handler(request)
            chosen = languages.note_choice(scope["query_string"], cookies.get(LANGUAGE))
            reply = await handler(request)
            reply = reply if self.states is None else self.states.follow(reply)
            return reply.with_cookies(chosen) if chosen else reply
        except (HttpRefusal, Disconnected):
            raise
        except Exception as error:  # noqa: BLE001 - the one place where nothing may get past
            return self._mishap(route, error, origin)

    def _mishap(self, route: Route, error: Exception, origin: Origin) -> Reply:
        match error:
            case OAuthError():
                self._refused(route, error, origin)
                return self.failures.oauth(route, error, origin.request_id)
            case TooManyFailures() | Throttled():
                return self.failures.too_many(route, error.retry_after, origin.request_id)
            case UnsafeRequest():
                self._refused(route, error, origin)
                return self.failures.unsafe(error, origin.request_id)
            case Unavailable():
                metrics.UNAVAILABLE.labels(error.reason.partition(":")[0]).inc()
                _log.warning("unavailable", reason=error.reason, endpoint=route.name, request_id=origin.request_id)
                return self.failures.unavailable(route, error.retry_after, origin.request_id)
            case _:
                _log.error("unexpected", **told(error), request_id=origin.request_id)
                return self.failures.broken(route, origin.request_id)

    @staticmethod
    def _refused(route: Route, error: OAuthError | UnsafeRequest, origin: Origin) -> None:
        rule = error.rule.id if error.rule else ""
        kind = AnswerAwaited if error.code == "authorization_pending" else RequestRefused
        emit(kind(error=error.code, rule=rule, endpoint=route.name, reason=error.description), origin)

    async def _send(self, send: Send, method: str, route: Route | None, reply: Reply, request_id: str) -> None:
        body = reply.body if reply.json is None else _encode(reply.json)
        headers = list(_encoded(reply.headers))
        if reply.json is not None:
            headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", b"%d" % len(body)))
        headers.append((b"x-request-id", request_id.encode()))
        headers += self._safety(route, reply.headers)
        headers += [(b"set-cookie", self._cookie(cookie)) for cookie in reply.cookies]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    def _safety(self, route: Route | None, given: Headers) -> list[tuple[bytes, bytes]]:
        """Return the headers every answer carries (RFC 9700 4.2.4, ASVS 3.4), unless the answer brought its own."""
        if route is not None and route.kind == "machine":
            return _safe_machine(self.site.hsts)
        names = {name.encode() for name, _ in given}
        return [header for header in _safe_page(self.site.hsts) if header[0] not in names]

    def _cookie(self, cookie: Cookie) -> bytes:
        prefix, secure = ("__Host-", "; Secure") if self.site.secure else ("", "")
        age = "" if cookie.max_age is None else f"; Max-Age={cookie.max_age}"
        rules = "; SameSite=None; Secure" if cookie.for_frames else f"; HttpOnly; SameSite=Lax{secure}"
        return f"{prefix}{cookie.name}={cookie.value}; Path=/{age}{rules}".encode("latin-1")


def _body(route: Route) -> Callable[[Scope, Receive, dict[str, str], int], Awaitable[Params]]:
    return read_json if route.reads_json else read_form


@lru_cache(maxsize=256)
def _encoded(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)


@lru_cache
def _safe_machine(hsts: str) -> list[tuple[bytes, bytes]]:
    nosniff = (b"x-content-type-options", b"nosniff")
    return [nosniff, (b"strict-transport-security", hsts.encode())] if hsts else [nosniff]


@lru_cache
def _safe_page(hsts: str) -> list[tuple[bytes, bytes]]:
    return [
        *_safe_machine(hsts),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ]
