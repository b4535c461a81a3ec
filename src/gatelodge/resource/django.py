"""Django: a decorator that lets the callers of a view in, and a middleware that says who calls.

In the settings, `GATELODGE_VERIFIER` is a `TokenVerifier`. What may be left out: `GATELODGE_METADATA` is what its
`describe` returns, and the `urlpatterns` of this module publish it; `GATELODGE_REALM` and `GATELODGE_BASE_URL` are as
in `Protection`.

    @require("orders:read")
    def orders(request):
        return JsonResponse({"orders of": request.principal.sub})
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Protocol, cast

from gatelodge.protocol.reply import Reply
from gatelodge.resource.bearer import holds_token, is_small_form
from gatelodge.resource.metadata import WELL_KNOWN
from gatelodge.resource.missing import demanded
from gatelodge.resource.needs import NOTHING, needs
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import Presented, Protection, escaped
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.verifier import TokenVerifier

with demanded("django", "django"):
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.http import HttpResponse, JsonResponse, RawPostDataException
    from django.urls import re_path

View = Callable[..., Any]


class DjangoRequest(Protocol):
    """What of Django's request is used here, and what is added to it."""

    META: Mapping[str, str]
    POST: Mapping[str, str]
    body: bytes
    method: str
    path: str
    principal: Principal | None


def require(*scopes: str, acr_values: str | Sequence[str] = (), max_age: int | None = None) -> Callable[[View], View]:
    """Let only those callers of a view in who have what is needed; `request.principal` is then who calls.

    Such a view takes no cookie for a proof, so no page of another site can use it: it needs no CSRF token.
    """
    needed = needs(*scopes, acr_values=acr_values, max_age=max_age)

    def protect(view: View) -> View:
        def protected(request: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                request.principal = protection().admit_sync(presented(request), needed)
            except (Refused, CannotDecide) as failure:
                return response(protection().reply(failure, needed))
            return view(request, *args, **kwargs)

        async def protected_async(request: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                request.principal = await protection().admit(presented(request), needed)
            except (Refused, CannotDecide) as failure:
                return response(protection().reply(failure, needed))
            return await view(request, *args, **kwargs)

        wrapper = wraps(view)(protected_async if _is_async(view) else protected)
        cast("Any", wrapper).csrf_exempt = True
        return wrapper

    return protect


def _is_async(view: View) -> bool:
    """Whether a view or the rest of the middleware is to be awaited; on Python 3.11 only asgiref sees the marked."""
    return iscoroutinefunction(view)  # pyright: ignore[reportDeprecated] - it is inspect's where that does it


class BearerMiddleware:
    """Sets `request.principal` to who calls, `None` without a bearer token. Bad tokens go no further."""

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
        try:
            request.principal = protection().admit_sync(presented(request))
        except (Refused, CannotDecide) as failure:
            if (refusal := _turned_away(request, failure)) is not None:
                return refusal
        return self._get_response(request)

    async def _call_async(self, request: Any) -> Any:
        try:
            request.principal = await protection().admit(presented(request))
        except (Refused, CannotDecide) as failure:
            if (refusal := _turned_away(request, failure)) is not None:
                return refusal
        return await self._get_response(request)


def _turned_away(request: DjangoRequest, failure: Refused | CannotDecide) -> HttpResponse | None:
    """Return the refusal of a bad token; who brings none is nobody, and the view may be for everybody."""
    if isinstance(failure, Refused) and failure.error is None:
        request.principal = None
        return None
    return response(protection().reply(failure, NOTHING))


def resource_metadata(_request: Any) -> HttpResponse:
    """Answer with the metadata of this API."""
    return response(protection().metadata_reply())


urlpatterns = [re_path(f"^{WELL_KNOWN[1:]}(?:/.*)?$", resource_metadata)]


def protection() -> Protection:
    """Return what protects this project. Raises `ImproperlyConfigured`."""
    verifier = getattr(settings, "GATELODGE_VERIFIER", None)
    if not isinstance(verifier, TokenVerifier):
        raise ImproperlyConfigured("GATELODGE_VERIFIER is a gatelodge.resource.TokenVerifier")
    return Protection(
        verifier,
        realm=getattr(settings, "GATELODGE_REALM", None),
        metadata=getattr(settings, "GATELODGE_METADATA", None),
        base_url=getattr(settings, "GATELODGE_BASE_URL", None),
    )


def presented(request: DjangoRequest) -> Presented:
    """Return what a request brought. Servers join headers that come twice with a comma, which no token has."""
    meta = request.META
    header = meta.get("HTTP_AUTHORIZATION")
    elsewhere = holds_token(meta.get("QUERY_STRING", "").encode("latin-1", "replace")) or _form_holds_token(request)
    proof = meta.get("HTTP_DPOP")
    return Presented(
        () if header is None else (header,),
        sent_elsewhere=elsewhere,
        method=request.method,
        path=escaped(request.path),
        dpop=() if proof is None else (proof,),
    )


def _form_holds_token(request: DjangoRequest) -> bool:
    """A short form is looked into as bytes, which Django keeps for the view, raw or as a form."""
    if not is_small_form(request.META.get("CONTENT_TYPE", ""), str(request.META.get("CONTENT_LENGTH", ""))):
        return False
    try:
        return holds_token(request.body)
    except RawPostDataException:  # somebody read it as a form already, and Django kept that
        return "access_token" in request.POST


def response(reply: Reply) -> HttpResponse:
    """Return a reply as Django's response."""
    made = HttpResponse(reply.body) if reply.json is None else JsonResponse(dict(reply.json))
    made.status_code = reply.status
    for name, value in reply.headers:
        made[name] = value
    return made
