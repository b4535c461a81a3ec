"""Asking for tokens, by every grant, and reading the answer (RFC 6749 4, 5, 6; RFC 8628; RFC 8693; RFC 7523)."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import currentframe
from typing import Any

from gatelodge.client.errors import CallbackRejected, ServerRefused, TokenRefused, UnexpectedAnswer, shown
from gatelodge.client.messages.callback import Callback
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.id_token import Person
from gatelodge.client.messages.registration import ClientConfig, Moment, authenticated
from gatelodge.client.sending.http import Form, HttpRequest, HttpResponse, json_object, refuse_outage

MAX_TOKEN = 65_536  # characters
MAX_LIFETIME = 10 * 366 * 86_400  # seconds; whoever says more does not mean seconds

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_WHAT = "answer of the token endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a server granted. Its repr shows no token.

    `expires_at` is in seconds since 1970, `None` if the server did not say. `scope` is `None` if it is what was asked.
    `person` is who signed in, from the ID token once it was checked. `extra` holds everything else the server said.
    """

    access_token: str = field(repr=False)
    token_type: str
    issued_at: int
    expires_at: int | None = None
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    scope: tuple[str, ...] | None = None
    person: Person | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def is_over(self, now: int, early: int = 0) -> bool:
        """Whether the access token is expired, or will be within `early` seconds."""
        return self.expires_at is not None and now >= self.expires_at - early


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What a token is to be for: `scope` with spaces between names, `resource` the APIs (RFC 8707). Empty: all."""

    scope: str = ""
    resource: tuple[str, ...] = ()

    @property
    def form(self) -> Form:
        """The same as parameters."""
        scope: Form = (("scope", self.scope),) if self.scope else ()
        return (*scope, *(("resource", one) for one in self.resource))


EVERYTHING = Narrowed()


def code_request(metadata: ServerMetadata, client: ClientConfig, callback: Callback, moment: Moment) -> HttpRequest:
    """Exchange a code (RFC 6749 4.1.3). Raises `CallbackRejected` if another client or server began the sign-in."""
    begun = callback.transaction
    if (begun.issuer, begun.client_id) != (metadata.issuer, client.client_id):
        raise CallbackRejected("client_mismatch", "the sign-in was begun by another client than the one that ends it")
    form: Form = (
        ("grant_type", "authorization_code"),
        ("code", callback.code),
        ("redirect_uri", begun.redirect_uri),
        ("code_verifier", begun.verifier),
        *(("resource", one) for one in begun.resource),
    )
    return authenticated(client, metadata, "token_endpoint", form, moment)


def refresh_request(
    metadata: ServerMetadata, client: ClientConfig, refresh_token: str, moment: Moment, narrowed: Narrowed = EVERYTHING
) -> HttpRequest:
    """Renew tokens (RFC 6749 6)."""
    form: Form = (("grant_type", "refresh_token"), ("refresh_token", refresh_token), *narrowed.form)
    return authenticated(client, metadata, "token_endpoint", form, moment)


def client_credentials_request(
    metadata: ServerMetadata, client: ClientConfig, moment: Moment, narrowed: Narrowed = EVERYTHING
) -> HttpRequest:
    """Ask for a token as the client itself (RFC 6749 4.4)."""
    form: Form = (("grant_type", "client_credentials"), *narrowed.form)
    return authenticated(client, metadata, "token_endpoint", form, moment)


def password_request(
    metadata: ServerMetadata,
    client: ClientConfig,
    credentials: tuple[str, str],
    moment: Moment,
    narrowed: Narrowed = EVERYTHING,
) -> HttpRequest:
    """Ask with a person's name and password. Deprecated: OAuth 2.1 removed it (RFC 9700 2.4); warns at every use."""
    message = "the password grant shows people's passwords to the application: use the authorization code grant"
    warnings.warn(message, DeprecationWarning, stacklevel=_to_the_program())
    username, password = credentials
    form: Form = (("grant_type", "password"), ("username", username), ("password", password), *narrowed.form)
    return authenticated(client, metadata, "token_endpoint", form, moment)


def _to_the_program() -> int:
    """Return how many frames up the program is that uses us: only to its own code Python shows a deprecation."""
    frame, level = currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("gatelodge.client"):
        frame, level = frame.f_back, level + 1
    return level


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What is given for another token (RFC 8693 2.1): whose it is about, and who acts. Types are URNs."""

    subject_token: str = field(repr=False)
    subject_token_type: str = ACCESS_TOKEN
    actor_token: str | None = field(default=None, repr=False)
    actor_token_type: str = ACCESS_TOKEN
    requested_token_type: str | None = None
    audience: tuple[str, ...] = ()


def token_exchange_request(
    metadata: ServerMetadata, client: ClientConfig, given: Exchanged, moment: Moment, narrowed: Narrowed = EVERYTHING
) -> HttpRequest:
    """Exchange one token for another (RFC 8693)."""
    actor: Form = ()
    if given.actor_token is not None:
        actor = (("actor_token", given.actor_token), ("actor_token_type", given.actor_token_type))
    form: Form = (
        ("grant_type", _EXCHANGE),
        ("subject_token", given.subject_token),
        ("subject_token_type", given.subject_token_type),
        *actor,
        *((("requested_token_type", given.requested_token_type),) if given.requested_token_type else ()),
        *(("audience", one) for one in given.audience),
        *narrowed.form,
    )
    return authenticated(client, metadata, "token_endpoint", form, moment)


def jwt_bearer_request(
    metadata: ServerMetadata, client: ClientConfig, assertion: str, moment: Moment, narrowed: Narrowed = EVERYTHING
) -> HttpRequest:
    """Ask with an assertion about somebody that an issuer trusted by the server signed (RFC 7523 2.1)."""
    form: Form = (("grant_type", _JWT_BEARER), ("assertion", assertion), *narrowed.form)
    return authenticated(client, metadata, "token_endpoint", form, moment)


def read_token_response(metadata: ServerMetadata, response: HttpResponse, now: int, *, bound: bool = False) -> Tokens:
    """Return the tokens; `bound` are those that were asked for with a DPoP proof, and no others will do then.

    Raises `TokenRefused`, `ServerUnavailable`, `UnexpectedAnswer`.
    """
    refuse_outage(response, metadata.endpoint("token_endpoint"))
    members = json_object(response, _WHAT)
    refuse_error(response, members, TokenRefused, _WHAT)
    lifetime = _lifetime(members)
    return Tokens(
        access_token=_token(members, "access_token") or _missing("access_token"),
        token_type=_token_type(members, bound),
        issued_at=now,
        expires_at=None if lifetime is None else now + lifetime,
        refresh_token=_token(members, "refresh_token"),
        id_token=_token(members, "id_token"),
        scope=_scope(members),
        extra={name: value for name, value in members.items() if name not in _KNOWN},
    )


_KNOWN = frozenset({"access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"})


def refuse_error(response: HttpResponse, members: Mapping[str, Any], refusal: type[ServerRefused], what: str) -> None:
    """Raise `refusal` for an error answer, also for one that calls itself 200; else `UnexpectedAnswer` unless 200."""
    error, description = members.get("error"), members.get("error_description")
    if isinstance(error, str):
        raise refusal(error, description if isinstance(description, str) else None, response.status)
    if response.status != 200:
        raise UnexpectedAnswer(what, "200, or an error code", str(response.status))


def _token(members: Mapping[str, Any], name: str) -> str | None:
    """Return a token, `None` if there is none. Only what a header can hold is one (RFC 6749 App. A.12, A.17)."""
    value: Any = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_TOKEN or not (value.isascii() and value.isprintable()):
        raise UnexpectedAnswer(_WHAT, f"{name} to be printable ASCII", "something else")
    return value


def _missing(name: str) -> str:
    raise UnexpectedAnswer(_WHAT, name, "an answer without it")


def _token_type(members: Mapping[str, Any], bound: bool) -> str:
    """A token of a type we cannot use must not be used (RFC 6749 7.1). `N_A` is token exchange's (RFC 8693 2.2.1).

    One that is bound to nothing is not what was asked for with a proof (RFC 9449 5).
    """
    value: Any = members.get("token_type")
    good = ("dpop", "n_a") if bound else ("bearer", "n_a")
    if not isinstance(value, str) or value.lower() not in good:
        raise UnexpectedAnswer(_WHAT, f"token_type {'DPoP' if bound else 'Bearer'}", shown(value))
    return value


def _lifetime(members: Mapping[str, Any]) -> int | None:
    """Return the seconds a token lasts. Some servers write the number as a string."""
    value: Any = members.get("expires_in")
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_LIFETIME:
        raise UnexpectedAnswer(_WHAT, "expires_in in seconds", shown(value))
    return int(value)


def _scope(members: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what was granted. GitHub and others put commas where RFC 6749 3.3 says spaces."""
    value: Any = members.get("scope")
    if not isinstance(value, str):
        return None
    names = value.split()
    return tuple(value.split(",")) if len(names) == 1 else tuple(name.removesuffix(",") for name in names)
