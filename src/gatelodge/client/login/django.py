"""Logging people in with Django.

In the settings, `GATELODGE_LOGIN` is a `gatelodge.client.login.Login`, and `LoginMiddleware` of this module may be in
`MIDDLEWARE`: then `request.person` is who is signed in. The URLs have `include("gatelodge.client.login.django")`.

    @require_user
    def home(request):
        return HttpResponse(f"Hello {current_user(request).name}")
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Unpack

from gatelodge.client.login.core import Login
from gatelodge.client.login.flow import ACTIONS, MAX_BODY
from gatelodge.client.login.missing import demanded
from gatelodge.client.login.options import Asking
from gatelodge.client.login.sessions import User
from gatelodge.client.login.visit import Visit
from gatelodge.client.sending.hands import WorkerThreads
from gatelodge.protocol.reply import Cookie, Reply

with demanded("django"):
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.http import HttpResponse
    from django.urls import (
        path,
        reverse,  # pyright: ignore[reportUnknownVariableType] - Django has no types
    )

View = Callable[..., Any]

_STORING = WorkerThreads(16)  # requests of async views that wait for the store at a time


def current_user(request: Any) -> User | None:
    """Return who is signed in, `None` if nobody is."""
    if not hasattr(request, "_gatelodge_user"):
        request._gatelodge_user = login().user_of(_visit(request))
    return request._gatelodge_user


def access_token(request: Any) -> str | None:
    """Return an access token of who is signed in, renewed if need be. Raises as `Login.access_token_of` does."""
    return login().access_token_of(_visit(request))


def begin_login(request: Any, next_path: str | None = None, **asking: Unpack[Asking]) -> HttpResponse:
    """Return what sends a browser to sign in, asking for more than always; the person comes back to `next_path`.

    Raises `ValueError` for what cannot be asked for.
    """
    return _response(login().begin(_visit(request), _below(), next_path, **asking))


def require_user(view: View) -> View:
    """Let only those in who are signed in; the others are sent to sign in and come back."""

    def protected(request: Any, *args: Any, **kwargs: Any) -> Any:
        return _turn_away(request) or view(request, *args, **kwargs)

    async def protected_async(request: Any, *args: Any, **kwargs: Any) -> Any:
        return await _STORING(_turn_away, request) or await view(request, *args, **kwargs)

    return wraps(view)(protected_async if _is_async(view) else protected)


class LoginMiddleware:
    """Sets `request.person` to who is signed in, `None` if nobody is."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: View) -> None:
        self._get_response = get_response
        self._is_async = _is_async(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if self._is_async:
            return self._call_async(request)
        request.person = current_user(request)
        return self._get_response(request)

    async def _call_async(self, request: Any) -> Any:
        request.person = await _STORING(current_user, request)
        return await self._get_response(request)


def login() -> Login:
    """Return the `Login` of this project. Raises `ImproperlyConfigured`."""
    found = getattr(settings, "GATELODGE_LOGIN", None)
    if not isinstance(found, Login):
        raise ImproperlyConfigured("GATELODGE_LOGIN is a gatelodge.client.login.Login")
    return found


def _turn_away(request: Any) -> HttpResponse | None:
    if current_user(request) is not None:
        return None
    visit = _visit(request)
    if not visit.is_navigation:
        return HttpResponse(b"sign in first", status=401)
    return HttpResponse(status=303, headers={"location": login().login_path(visit, _below())})


def _below() -> str:
    """Return the path that our paths are below."""
    return str(reverse("gatelodge-login")).rpartition("/")[0]  # pyright: ignore[reportUnknownArgumentType]


def _endpoint(action: str) -> View:
    def view(request: Any) -> HttpResponse:
        body = request.read(MAX_BODY + 1) if action == "backchannel-logout" else b""
        response: Any = _response(login().respond(action, _visit(request, body)))
        response.xframe_options_exempt = True  # each answer says itself who may frame it
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined] - we check ourselves where a request comes from
    return view


def _response(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, headers=dict(reply.headers))
    for cookie in reply.cookies:
        _set(response, cookie)
    return response


def _set(response: HttpResponse, cookie: Cookie) -> None:
    secure, age = cookie.name.startswith("__Host-"), cookie.max_age
    untyped: Any = response
    untyped.set_cookie(cookie.name, cookie.value, age, path="/", secure=secure, httponly=True, samesite="Lax")


urlpatterns = [path(action, _endpoint(action), name=f"gatelodge-{action}") for action in ACTIONS]


def _visit(request: Any, body: bytes = b"") -> Visit:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Visit(request.method, request.build_absolute_uri(), request.COOKIES, headers, body)


def _is_async(view: View) -> bool:
    """Whether a view or the rest of the middleware is to be awaited; on Python 3.11 only asgiref sees the marked."""
    return iscoroutinefunction(view)  # pyright: ignore[reportDeprecated] - it is inspect's where that does it
