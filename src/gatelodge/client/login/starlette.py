"""Logging people in with Starlette or FastAPI.

login = Login("https://id.example.com", "my-app", "the-secret")
login.mount(app)

async def home(request):
    user = await login.require_user(request)
    return PlainTextResponse(f"Hello {user.name}")
"""

from collections.abc import Sequence
from typing import Unpack

from gatelodge.client.keeping.async_renewer import AsyncRenewer
from gatelodge.client.login.async_core import AsyncLogin
from gatelodge.client.login.flow import ACTIONS, MAX_BODY, cookie_header
from gatelodge.client.login.missing import demanded
from gatelodge.client.login.options import Asking, AsyncOptions
from gatelodge.client.login.sessions import User
from gatelodge.client.login.visit import Visit
from gatelodge.protocol.reply import Reply

with demanded("starlette"):
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute, Mount, Route


class Login:
    """Logs people in at one issuer. The arguments are those of `gatelodge.client.login.AsyncLogin`, which is `core`."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None = None, **options: Unpack[AsyncOptions]
    ) -> None:
        self.core = AsyncLogin(issuer, client_id, client_secret, **options)
        self._prefix = ""
        self._first: BaseRoute | None = None

    @property
    def renewer(self) -> AsyncRenewer:
        """What renews tokens; in an `async with`, also in the background."""
        return self.core.renewer

    def mount(self, app: Starlette, prefix: str = "") -> None:
        """Serve /login, /callback, /logout, /backchannel-logout and /frontchannel-logout below `prefix`."""
        app.router.routes.extend(self.routes(prefix))

    def routes(self, prefix: str = "") -> list[Route]:
        """Return the same as routes."""
        routes = [self._route(action, f"{prefix}/{action}") for action in ACTIONS]
        self._prefix, self._first = prefix, routes[0]
        self.core.claim(prefix)
        return routes

    async def current_user(self, request: Request) -> User | None:
        """Return who is signed in, `None` if nobody is. FastAPI: `Depends(login.current_user)`."""
        return await self.core.user_of(_visit(request))

    async def require_user(self, request: Request) -> User:
        """Return who is signed in; whoever is not is sent to sign in and comes back. `Depends(login.require_user)`."""
        user = await self.current_user(request)
        if user is not None:
            return user
        visit = _visit(request)
        if not visit.is_navigation:
            raise HTTPException(401, "sign in first")
        raise HTTPException(303, headers={"location": self.core.login_path(visit, self._below(request))})

    async def begin(self, request: Request, next_path: str | None = None, **asking: Unpack[Asking]) -> Response:
        """Return what sends a browser to sign in, asking for more than always; the person comes back to `next_path`.

        Raises `ValueError` for what cannot be asked for.
        """
        return _response(await self.core.begin(_visit(request), self._below(request), next_path, **asking))

    async def access_token(self, request: Request) -> str | None:
        """Return an access token of who is signed in, renewed if need be. Raises as `access_token_of` does."""
        return await self.core.access_token_of(_visit(request))

    def _route(self, action: str, path: str) -> Route:
        async def endpoint(request: Request) -> Response:
            visit = _visit(request, await _body(request) if action == "backchannel-logout" else b"")
            reply = await self.core.respond(action, visit)
            return _response(reply)

        return Route(path, endpoint, methods=["GET", "POST"], include_in_schema=False)

    def _below(self, request: Request) -> str:
        """Return the path that our paths are below."""
        root: str = request.scope.get("app_root_path", "")
        return root + (_above(request.scope["router"].routes, self._first) or "") + self._prefix


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, dict(reply.headers))
    for cookie in reply.cookies:
        response.headers.append("set-cookie", cookie_header(cookie))
    return response


def _above(routes: Sequence[BaseRoute], ours: BaseRoute | None, path: str = "") -> str | None:
    """Return the path below which the application with our routes is mounted, `None` if it is not among these."""
    for route in routes:
        if route is ours:
            return path
        if isinstance(route, Mount) and (found := _above(route.routes, ours, path + route.path)) is not None:
            return found
    return None


def _visit(request: HTTPConnection, body: bytes = b"") -> Visit:
    method: str = request.scope.get("method", "GET")
    return Visit(method, str(request.url), request.cookies, dict(request.headers), body)


async def _body(request: Request) -> bytes:
    """Read a body as far as it may be long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            break
    return bytes(body)
