"""A shop written for each web framework, and a browser to visit it with: cookies by host, SameSite and all.

`/home` is for who is signed in, `/who` for everybody, `/token` tells the access token.
"""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Annotated, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import anyio
import httpx2
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from fastapi import Depends, FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from tests.resource.applications import set_up_django

from gatelodge.client import AsyncOAuthClient, HttpRequest, HttpResponse, Tokens
from gatelodge.client.login import AsyncLogin, Login, User, Visit
from gatelodge.client.login import flask as for_flask
from gatelodge.client.login import starlette as for_starlette
from gatelodge.protocol.reply import Reply

Send = Callable[[httpx2.Request], httpx2.Response]


class Awaited:
    """A login for tasks, as the tests call one for threads."""

    def __init__(self, core: AsyncLogin) -> None:
        self.core = core

    def user_of(self, visit: Visit) -> User | None:
        return anyio.run(self.core.user_of, visit)

    def access_token_of(self, visit: Visit) -> str | None:
        return anyio.run(self.core.access_token_of, visit)

    def respond(self, action: str, visit: Visit) -> Reply:
        return anyio.run(self.core.respond, action, visit)


def for_tasks(options: dict[str, Any]) -> dict[str, Any]:
    """The same options with a client for tasks in the place of the one for threads."""
    given = options.get("client")
    if given is None:
        return options

    async def send(request: HttpRequest) -> HttpResponse:
        return given._send(request)

    return options | {"client": AsyncOAuthClient(given.config, send=send, moment=given._moment)}


@dataclass
class Site:
    """One shop. `below` is the path its pages are under, `prefix` that of our own."""

    login: Login | Awaited
    send: Send
    below: str = ""
    prefix: str = ""

    def renewed(self, session: str, refused: str) -> Tokens:
        """The tokens of a session, after one that an API refused."""
        if isinstance(self.login, Login):
            found = self.login._flow._sessions.find(session)
            assert found is not None
            return self.login.renewer.tokens(found.name, refused)
        core = self.login.core
        found = core._flow._sessions.find(session)
        assert found is not None
        return anyio.run(core.renewer.tokens, found.name, refused)


Make = Callable[..., Any]
STRONGER: Any = {"prompt": "consent", "acr_values": "urn:strong", "max_age": 0, "extra": {"tenant": "wonderland"}}


def over_asgi(app: Any) -> Send:
    def send(request: httpx2.Request) -> httpx2.Response:
        async def sent() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
                return await http.send(request)

        return anyio.run(sent)

    return send


def over_wsgi(app: Any) -> Send:
    def send(request: httpx2.Request) -> httpx2.Response:
        with httpx2.Client(transport=httpx2.WSGITransport(app)) as http:
            return http.send(request)

    return send


@contextmanager
def starlette_site(*words: str, **options: Any) -> Generator[Site]:
    login = for_starlette.Login(*words, **for_tasks(options))

    async def home(request: Request) -> JSONResponse:
        user = await login.require_user(request)
        return JSONResponse({"sub": user.sub, "name": user.name})

    app = Starlette(routes=[Route("/home", home), *_for_everybody(login)])
    login.mount(app)
    yield Site(Awaited(login.core), over_asgi(app))


def _for_everybody(login: for_starlette.Login) -> list[Route]:
    async def who(request: Request) -> JSONResponse:
        user = await login.current_user(request)
        return JSONResponse({"sub": user.sub if user else None})

    async def token(request: Request) -> JSONResponse:
        return JSONResponse({"token": await login.access_token(request)})

    async def stronger(request: Request) -> Response:
        return await login.begin(request, "/orders", **STRONGER)

    return [Route("/who", who), Route("/token", token), Route("/stronger", stronger)]


@contextmanager
def mounted_site(*words: str, **options: Any) -> Generator[Site]:
    """The same, as a part of another application, with our pages below /auth."""
    login = for_starlette.Login(*words, **for_tasks(options))

    async def home(request: Request) -> JSONResponse:
        user = await login.require_user(request)
        return JSONResponse({"sub": user.sub, "name": user.name})

    shop = Starlette(routes=[Route("/home", home), *_for_everybody(login)])
    login.mount(shop, "/auth")
    yield Site(Awaited(login.core), over_asgi(Starlette(routes=[Mount("/shop", shop)])), "/shop", "/shop/auth")


@contextmanager
def fastapi_site(*words: str, **options: Any) -> Generator[Site]:
    login = for_starlette.Login(*words, **for_tasks(options))
    app = FastAPI()
    login.mount(app, "/auth")

    async def home(user: Annotated[User, Depends(login.require_user)]) -> dict[str, Any]:
        return {"sub": user.sub, "name": user.name}

    async def who(user: Annotated[User | None, Depends(login.current_user)]) -> dict[str, Any]:
        return {"sub": user.sub if user else None}

    async def token(token: Annotated[str | None, Depends(login.access_token)]) -> dict[str, Any]:
        return {"token": token}

    async def stronger(request: Request) -> Response:
        return await login.begin(request, "/orders", **STRONGER)

    for path, endpoint in (("/home", home), ("/who", who), ("/token", token), ("/stronger", stronger)):
        app.add_api_route(path, endpoint, response_model=None)
    yield Site(Awaited(login.core), over_asgi(app), prefix="/auth")


@contextmanager
def flask_site(*words: str, **options: Any) -> Generator[Site]:
    login = for_flask.Login(*words, **options)
    app = Flask(__name__)
    app.register_blueprint(login.blueprint("/auth"))

    @app.get("/home")
    @login.require_user
    def home() -> dict[str, Any]:
        assert login.current_user is not None
        return {"sub": login.current_user.sub, "name": login.current_user.name}

    @app.get("/who")
    def who() -> dict[str, Any]:
        return {"sub": login.current_user.sub if login.current_user else None}

    @app.get("/token")
    def token() -> dict[str, Any]:
        return {"token": login.access_token()}

    app.add_url_rule("/stronger", view_func=lambda: login.begin("/orders", **STRONGER), endpoint="stronger")
    yield Site(login.core, over_wsgi(app), prefix="/auth")


@contextmanager
def django_site(*words: str, is_async: bool = False, **options: Any) -> Generator[Site]:
    set_up_django()
    login = Login(*words, **options)
    middleware = ["django.middleware.csrf.CsrfViewMiddleware", "gatelodge.client.login.django.LoginMiddleware"]
    changed: Any = override_settings(
        GATELODGE_LOGIN=login,
        ROOT_URLCONF="tests.client.login.django_project",
        MIDDLEWARE=middleware,
        SECURE_PROXY_SSL_HEADER=None,
    )
    with changed:
        send = over_asgi(ASGIHandler()) if is_async else over_wsgi(WSGIHandler())
        yield Site(login, send, "/awaited" if is_async else "")


@contextmanager
def async_django_site(*words: str, **options: Any) -> Generator[Site]:
    with django_site(*words, is_async=True, **options) as site:
        yield site


SITES: dict[str, Make] = {
    "starlette": starlette_site,
    "mounted": mounted_site,
    "fastapi": fastapi_site,
    "flask": flask_site,
    "django": django_site,
    "django async": async_django_site,
}


@dataclass
class Browser:
    """Keeps cookies by host name and says where each request comes from, as browsers do."""

    site: Site
    origin: str = "https://shop.test"
    cookies: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    set: list[str] = field(default_factory=list[str])

    def go(self, path: str, *, came_from: str = "none", method: str = "GET", **headers: str) -> httpx2.Response:
        """Open a page. `came_from` is what Sec-Fetch-Site says; other sites' posts bring no cookies along."""
        url = urljoin(self.origin, path)
        held = self.cookies.setdefault(urlsplit(url).hostname or "", {})
        whole = {"sec-fetch-site": came_from, "sec-fetch-mode": "navigate"} | headers
        if held and not (came_from == "cross-site" and method != "GET"):
            whole["cookie"] = "; ".join(f"{name}={value}" for name, value in held.items())
        sent = {name: value for name, value in whole.items() if value}
        response = self.site.send(httpx2.Request(method, url, headers=sent))
        for header in response.headers.get_list("set-cookie"):
            self.set.append(header)
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    held.pop(name, None)
                else:
                    held[name] = morsel.value
        return response

    def page(self, name: str, **headers: str) -> httpx2.Response:
        """Open one of the shop's own pages."""
        return self.go(f"{self.site.below}/{name}", **headers)

    def ours(self, action: str, **given: Any) -> httpx2.Response:
        """Open one of our pages."""
        return self.go(f"{self.site.prefix}/{action}", **given)

    def begin(self, next_path: str = "") -> dict[str, str]:
        """Begin a sign-in and return what the server is asked."""
        return asked_of(self.ours(f"login?next={next_path}" if next_path else "login"))

    def sign_in(self, server: Any, next_path: str = "", /, **changes: Any) -> httpx2.Response:
        """Sign in at a server that says yes."""
        return self.answer(server, self.begin(next_path), **changes)

    def answer(self, server: Any, asked: Mapping[str, str], /, **changes: Any) -> httpx2.Response:
        """Come back from the server with its answer."""
        server.claims["nonce"] = asked["nonce"]
        whole = {"code": "a-code", "state": asked["state"], "iss": server.issuer} | changes
        query = str(httpx2.QueryParams({name: value for name, value in whole.items() if value is not None}))
        return self.go(f"{asked['redirect_uri']}?{query}", came_from="cross-site")

    @property
    def who(self) -> str | None:
        return json.loads(self.page("who").content)["sub"]


def asked_of(response: httpx2.Response) -> dict[str, str]:
    """What an authorization request asks."""
    assert response.status_code == 303, response.text
    parts = urlsplit(response.headers["location"])
    return {name: values[0] for name, values in parse_qs(parts.query).items()}
