"""Signing in on a device without a browser: the person decides on another one (RFC 8628)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gatelodge.client.errors import (
    ServerRefused,
    ServerUnavailable,
    SignInTimedOut,
    TokenRefused,
    UnexpectedAnswer,
    shown,
)
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, Moment, authenticated
from gatelodge.client.messages.tokens import EVERYTHING, Narrowed, refuse_error
from gatelodge.client.sending.http import Form, HttpRequest, HttpResponse, json_object, refuse_outage
from gatelodge.protocol import pkce
from gatelodge.protocol.device import GRANT_TYPE, SLOWER
from gatelodge.protocol.redirect_uri import url_defect

DEFAULT_INTERVAL = 5  # seconds between two questions (3.2)
LONGEST_PAUSE = 60  # seconds between two questions to a server that does not answer
_WHAT = "answer of the device authorization endpoint"


Pause = Callable[[int], object]  # waits for so many seconds
AsyncPause = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAuthorization:
    """What to show the person and how to go on. `interval` is in seconds, `expires_at` in seconds since 1970."""

    device_code: str = field(repr=False)
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: int
    interval: int
    verifier: str | None = field(default=None, repr=False)


def new_verifier(metadata: ServerMetadata, moment: Moment) -> str | None:
    """Return a secret that ties the device code to us (RFC 7636), `None` for a server that does not say it knows S256.

    RFC 8628 has no word on it: some servers demand it, those that do not know it might refuse it.
    """
    return moment.token() if pkce.METHOD in metadata.code_challenge_methods_supported else None


def device_authorization_request(
    metadata: ServerMetadata,
    client: ClientConfig,
    moment: Moment,
    narrowed: Narrowed = EVERYTHING,
    verifier: str | None = None,
) -> HttpRequest:
    """Ask for a code to show. Raises `NotSupported`."""
    form = narrowed.form
    if verifier is not None:
        form += (("code_challenge", pkce.challenge(verifier)), ("code_challenge_method", pkce.METHOD))
    return authenticated(client, metadata, "device_authorization_endpoint", form, moment)


def read_device_authorization_response(
    metadata: ServerMetadata, response: HttpResponse, now: int, verifier: str | None = None
) -> DeviceAuthorization:
    """Return what to show; `verifier` is that of the request.

    Raises `ServerRefused`, `ServerUnavailable`, `UnexpectedAnswer`.
    """
    refuse_outage(response, metadata.endpoint("device_authorization_endpoint"))
    members = json_object(response, _WHAT)
    refuse_error(response, members, ServerRefused, _WHAT)
    complete: Any = members.get("verification_uri_complete")
    return DeviceAuthorization(
        device_code=_text(members.get("device_code"), "device_code"),
        user_code=_text(members.get("user_code"), "user_code"),
        verification_uri=_page(members.get("verification_uri")),
        verification_uri_complete=None if complete is None else _page(complete),
        expires_at=now + _seconds(members.get("expires_in"), "expires_in"),
        interval=_seconds(members.get("interval", DEFAULT_INTERVAL), "interval"),
        verifier=verifier,
    )


def device_code_request(
    metadata: ServerMetadata, client: ClientConfig, begun: DeviceAuthorization, moment: Moment
) -> HttpRequest:
    """Ask whether the person has decided yet (RFC 8628 3.4); the answer is often `authorization_pending`."""
    form: Form = (("grant_type", GRANT_TYPE), ("device_code", begun.device_code))
    if begun.verifier is not None:
        form += (("code_verifier", begun.verifier),)
    return authenticated(client, metadata, "token_endpoint", form, moment)


class DevicePace:
    """How often a device asks whether its person has decided, and until when (RFC 8628 3.5). For one sign-in.

    `pause` is how many seconds it waits before the next question.
    """

    def __init__(self, begun: DeviceAuthorization) -> None:
        self.pause = begun.interval
        self._until = begun.expires_at

    def check(self, now: int) -> None:
        """Raise `SignInTimedOut` if the code is over before the next question."""
        if now + self.pause >= self._until:
            raise SignInTimedOut("the code was not entered in time")

    def hear(self, error: TokenRefused | ServerUnavailable) -> None:
        """Take in what a question brought instead of tokens. Raises `error` if it is the end.

        After a lost answer it asks again, more slowly: had that one held the tokens, a server that gives them once says
        `invalid_grant`, and the person has to begin again.
        """
        if isinstance(error, ServerUnavailable):
            self.pause = min(max(self.pause * 2, error.retry_after or 0), LONGEST_PAUSE)
        elif error.error == "slow_down":
            self.pause += SLOWER
        elif error.error != "authorization_pending":
            raise error


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise UnexpectedAnswer(_WHAT, f"{name} to be a text", "something else")
    return value


def _page(value: object) -> str:
    """A page a person is told to open must be a web page: never a file, never a script."""
    if not isinstance(value, str) or url_defect(value) is not None:
        raise UnexpectedAnswer(_WHAT, "verification_uri to be https, or http on loopback", shown(value))
    return value


def _seconds(value: object, name: str) -> int:
    if type(value) is not int or not 0 < value <= 86_400:
        raise UnexpectedAnswer(_WHAT, f"{name} in seconds", shown(value))
    return value
