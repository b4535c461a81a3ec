"""Django REST framework: an authentication class, and permissions that say what a view needs.

`GATELODGE_VERIFIER` is in the settings as for `gatelodge.resource.django`.

    class Orders(APIView):
        authentication_classes = [BearerAuthentication]
        permission_classes = [requires("orders:read")]
"""

from collections.abc import Sequence
from typing import Any, cast

from gatelodge.resource.django import DjangoRequest as HttpRequest
from gatelodge.resource.django import presented, protection
from gatelodge.resource.missing import demanded
from gatelodge.resource.needs import NOTHING, Needs, check, needs
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import Presented
from gatelodge.resource.refusals import CannotDecide, Refused

with demanded("rest_framework", "djangorestframework"):
    from rest_framework.authentication import BaseAuthentication
    from rest_framework.exceptions import APIException
    from rest_framework.permissions import BasePermission
    from rest_framework.request import Request


class Caller:
    """Who `request.user` is: the `principal` of the token. `pk` is issuer and subject, for throttles."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.pk = " ".join(principal.key)

    def __str__(self) -> str:
        return self.principal.sub


class BearerAuthentication(BaseAuthentication):
    """Finds out who is calling: `request.user` is a `Caller`, `request.auth` its `Principal`."""

    def authenticate(self, request: Request) -> tuple[Caller, Principal] | None:
        """Return the caller, `None` without a bearer token."""
        try:
            principal = protection().admit_sync(presented(cast(HttpRequest, request)))
        except (Refused, CannotDecide) as failure:
            if isinstance(failure, Refused) and failure.error is None:
                return None
            _tell(request, failure)
            raise DrfRefusal(failure, NOTHING) from failure
        return Caller(principal), principal

    def authenticate_header(self, request: Request) -> str:  # pyright: ignore[reportIncompatibleMethodOverride] - DRF
        """Return the challenge of a request without a token."""
        return _no_token(NOTHING).auth_header


def _tell(request: Any, failure: Refused | CannotDecide) -> None:
    """Put what goes with a refusal where its view finds it: of an exception the framework takes two headers alone."""
    if isinstance(failure, Refused):
        request.parser_context["view"].headers.update(failure.headers)


def requires(*scopes: str, acr_values: str | Sequence[str] = (), max_age: int | None = None) -> type[BasePermission]:
    """Return a permission for the callers who have what is needed."""
    needed = needs(*scopes, acr_values=acr_values, max_age=max_age)

    class Requires(BasePermission):
        """Lets callers in who have what is needed."""

        def has_permission(self, request: Any, view: Any) -> Any:
            """Return True, or raise the refusal, which says more than False could."""
            caller: object = request.auth
            if not isinstance(caller, Principal):
                raise _no_token(needed)
            try:
                check(caller, needed, protection().verifier.clock.now())
            except Refused as refused:
                raise DrfRefusal(refused, needed) from refused
            return True

    return Requires


class DrfRefusal(APIException):
    """A refusal in the framework's way: its handler takes the challenge from `auth_header`, the wait from `wait`."""

    def __init__(self, failure: Refused | CannotDecide, needed: Needs) -> None:
        reply = protection().reply(failure, needed)
        detail: Any = dict(reply.json or {"detail": "an access token is needed"})
        super().__init__(detail)  # pyright: ignore[reportUnknownMemberType] - it has no types
        self.status_code = reply.status
        headers = dict(reply.headers)
        self.auth_header = headers.get("www-authenticate", "")
        if isinstance(failure, CannotDecide):
            self.wait = failure.retry_after


def _no_token(needed: Needs) -> DrfRefusal:
    try:
        Presented(()).token()
    except Refused as refused:
        return DrfRefusal(refused, needed)
    raise AssertionError("no header holds no token")
