"""Starlette: a decorator that lets callers of an endpoint in, and a backend for Starlette's own middleware.

auth = Auth(TokenVerifier("https://id.example.com", "https://api.example.com"))

@auth.require("orders:read")
async def orders(request):
    return JSONResponse({"orders of": request.user.principal.sub})
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, cast

from gatelodge.protocol.reply import Reply
from gatelodge.resource.bearer import holds_token, is_small_form
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.missing import demanded
from gatelodge.resource.needs import NOTHING, Needs, needs
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import Presented, Protection, escaped
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.verifier import TokenVerifier

with demanded("starlette", "starlette"):
    from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, BaseUser
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware import Middleware
    from starlette.middleware.authentication import AuthenticationMiddleware
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

Endpoint = Callable[..., Any]


class Caller(BaseUser):
    """Who `request.user` is: the `principal` of the token."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal

    @property
    def is_authenticated(self) -> bool:
        """Always: who is not, is no caller."""
        return True

    @property
    def display_name(self) -> str:
        """The subject: what an access token knows."""
        return self.principal.sub

    @property
    def identity(self) -> str:
        """Issuer and subject: one without the other names nobody."""
        return " ".join(self.principal.key)


class Auth:
    """Protects endpoints of a Starlette application. `realm`, `metadata` and `base_url` are as in `Protection`."""

    def __init__(
        self,
        verifier: TokenVerifier,
        *,
        realm: str | None = None,
        metadata: ResourceMetadata | None = None,
        base_url: str | None = None,
    ) -> None:
        self.protection = Protection(verifier, realm=realm, metadata=metadata, base_url=base_url)

    def require(
        self, *scopes: str, acr_values: str | Sequence[str] = (), max_age: int | None = None
    ) -> Callable[[Endpoint], Endpoint]:
        """Let only those callers of an endpoint in who have what is needed; `request.user` is then a `Caller`."""
        needed = needs(*scopes, acr_values=acr_values, max_age=max_age)

        def protect(endpoint: Endpoint) -> Endpoint:
            call = _awaitable(endpoint)

            @wraps(endpoint)
            async def protected(*args: Any, **kwargs: Any) -> Any:
                request = _request_among((*args, *kwargs.values()))
                refusal = await self._enter(request, needed)
                return refusal or await call(*args, **kwargs)

            return protected

        return protect

    async def _enter(self, request: Request, needed: Needs) -> Response | None:
        """Say who the caller is on the request, or return the refusal."""
        try:
            principal = await self.protection.admit(await presented(request), needed)
        except (Refused, CannotDecide) as failure:
            return response(self.protection.reply(failure, needed))
        request.scope["auth"], request.scope["user"] = AuthCredentials(sorted(principal.scopes)), Caller(principal)
        return None

    @property
    def middleware(self) -> Middleware:
        """What reads the token of every request, so that Starlette's own `requires` works. Bad tokens go no further."""
        return Middleware(AuthenticationMiddleware, backend=BearerBackend(self.protection), on_error=_turn_away)

    @property
    def metadata_route(self) -> Route:
        """Where the metadata of this API is published. Raises `ValueError` if there is none."""
        if self.protection.metadata is None:
            raise ValueError("there is no metadata: Auth(verifier, metadata=verifier.describe(...))")

        async def endpoint(_request: Request) -> Response:
            return response(self.protection.metadata_reply())

        return Route(self.protection.metadata.path, endpoint, methods=["GET"])


class BearerBackend(AuthenticationBackend):
    """Finds out who is calling; whoever brings no bearer token is nobody."""

    def __init__(self, protection: Protection) -> None:
        self._protection = protection

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Return the caller, `None` without a token. Raises `AuthenticationError` for a token that is no good."""
        try:
            principal = await self._protection.admit(await presented(conn))
        except (Refused, CannotDecide) as failure:
            if isinstance(failure, Refused) and failure.error is None:
                return None
            raise _TurnedAway(self._protection.reply(failure, NOTHING)) from failure
        return AuthCredentials(sorted(principal.scopes)), Caller(principal)


class _TurnedAway(AuthenticationError):
    """Carries the refusal through Starlette's middleware."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("turned away")
        self.reply = reply


def _turn_away(_conn: HTTPConnection, error: AuthenticationError) -> Response:
    return response(error.reply) if isinstance(error, _TurnedAway) else Response(status_code=401)


async def presented(conn: HTTPConnection) -> Presented:
    """Return what a request brought. A short form is looked into, and kept for whoever reads it next."""
    query: bytes = conn.scope.get("query_string", b"")
    elsewhere = holds_token(query) or (isinstance(conn, Request) and await _form_holds_token(conn))
    raw: bytes | None = conn.scope.get("raw_path")
    return Presented(
        conn.headers.getlist("authorization"),
        sent_elsewhere=elsewhere,
        method=conn.scope.get("method", "GET"),  # a WebSocket begins as a GET
        path=raw.partition(b"?")[0].decode("ascii", "replace") if raw else escaped(conn.scope["path"]),
        dpop=conn.headers.getlist("dpop"),
    )


async def _form_holds_token(request: Request) -> bool:
    headers = request.headers
    if not is_small_form(headers.get("content-type", ""), headers.get("content-length", "")):
        return False
    try:
        return holds_token(await request.body())
    except RuntimeError:  # somebody read it as a form already, and Starlette kept that
        return "access_token" in await request.form()


def response(reply: Reply) -> Response:
    """Return a reply as Starlette's response."""
    if reply.json is not None:
        return JSONResponse(reply.json, reply.status, dict(reply.headers))
    return Response(reply.body, reply.status, dict(reply.headers))


def _awaitable(endpoint: Endpoint) -> Callable[..., Awaitable[Any]]:
    """Return an endpoint that can be awaited; one that is not async runs in a thread, as Starlette would do it."""
    if iscoroutinefunction(endpoint):
        return endpoint

    async def threaded(*args: Any, **kwargs: Any) -> Any:
        return await run_in_threadpool(endpoint, *args, **kwargs)

    return threaded


def _request_among(arguments: Sequence[Any]) -> Request:
    """Return the request an endpoint is called with, as a function or as a method."""
    for argument in arguments:
        if isinstance(argument, Request):
            return cast("Request", argument)
    raise TypeError("a protected endpoint is called with a Request")
