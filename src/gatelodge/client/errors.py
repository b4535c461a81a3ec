"""Everything that can go wrong between a client and a server, one type for each thing a caller may want to do about it.

A message says what was expected and what came. It never holds a code, a token, a secret or a verifier; what a server
wrote is shown shortened and escaped.
"""

from typing import Literal
from urllib.parse import urlsplit

_SHOWN = 160  # characters of a stranger's text

CallbackCause = Literal[
    "unreadable",  # not a query, or too long
    "duplicate_parameter",  # a parameter came twice: two readers would see two answers
    "redirect_uri_mismatch",  # it arrived at another address than it was asked to
    "cookie_missing",  # the browser did not bring back the sign-in it began
    "other_host",  # it began at one host name and came back at another
    "other_browser",  # it began in another browser
    "expired",  # the person took longer than the sign-in was kept
    "state_missing",  # the answer has no `state`
    "state_mismatch",  # the answer belongs to another sign-in
    "state_reused",  # the answer was used before
    "issuer_missing",  # the server promises `iss` and it is not there
    "issuer_mismatch",  # another server answered
    "callback_shared",  # the answers of two servers come to one address, and one of them says no `iss`
    "client_mismatch",  # it was begun by another client or connection
    "code_missing",  # neither a code nor an error
    "unsigned",  # a signed answer was asked for, and this one is not
    "signature_invalid",  # a signed answer that the server did not make, or not so
]


class OAuthClientError(Exception):
    """Anything this library raises."""


class ServerUnavailable(OAuthClientError):
    """No answer, or one that says "not now". Trying again later may help.

    `sent` is whether the server may have received the request; `status` is of the answer, `None` if there was none;
    `retry_after` is what the server asked for, in seconds.
    """

    def __init__(
        self, url: str, reason: str, *, sent: bool, status: int | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{place(url)} cannot be used now: {reason}")
        self.url = place(url)
        self.reason = reason
        self.sent = sent
        self.status = status
        self.retry_after = retry_after


class AddressRefused(OAuthClientError):
    """A URL that this library does not open: neither https nor loopback, or an address inside a private network."""

    def __init__(self, url: str, expected: str) -> None:
        super().__init__(f"{place(url)} is not opened: expected {expected}")
        self.url = place(url)
        self.expected = expected


class UnexpectedAnswer(OAuthClientError):
    """An answer that is not what the specification says."""

    def __init__(self, what: str, expected: str, came: str) -> None:
        super().__init__(f"{what}: expected {expected}, came {came}")
        self.what = what
        self.expected = expected
        self.came = came


class DiscoveryFailed(UnexpectedAnswer):
    """The metadata of a server cannot be used: it is not that issuer's, or names an endpoint that is not safe."""


class NotSupported(OAuthClientError):
    """The server's metadata has no such endpoint, or says it cannot do what this library demands."""

    def __init__(self, issuer: str, missing: str) -> None:
        super().__init__(f"{place(issuer)} does not support {missing}")
        self.issuer = issuer
        self.missing = missing


class CallbackRejected(OAuthClientError):
    """An authorization response that is not the answer to our request: nothing was sent to any token endpoint."""

    def __init__(self, cause: CallbackCause, message: str) -> None:
        super().__init__(f"{message} ({cause})")
        self.cause: CallbackCause = cause


class ServerRefused(OAuthClientError):
    """The server understood and refused. `error` is its code, such as `invalid_grant`; `status` is of the answer."""

    def __init__(self, error: str, description: str | None = None, status: int | None = None) -> None:
        error, description = shown(error), shown(description) if description else None
        super().__init__(f"{self.doing}: {error}" + (f": {description}" if description else ""))
        self.error = error
        self.description = description
        self.status = status

    doing = "the server refused"


class AuthorizationRefused(ServerRefused):
    """The person or the server said no, in an authorization response that was proven to be ours (RFC 6749 4.1.2.1)."""

    doing = "authorization was refused"


class TokenRefused(ServerRefused):
    """The token endpoint said no (RFC 6749 5.2). With `invalid_grant` the code or refresh token is dead."""

    doing = "the token request was refused"


class UserInfoRefused(ServerRefused):
    """UserInfo said no; with `invalid_token` the access token is expired or revoked."""

    doing = "the UserInfo request was refused"


class TokenRejected(OAuthClientError):
    """A token that must not be believed. `check` is the check it failed."""

    kind = "the token"

    def __init__(self, check: str, expected: str | None = None, came: str | None = None) -> None:
        detail = f" (expected {expected}, came {came})" if expected is not None else ""
        super().__init__(f"{self.kind} is refused: {check}{detail}")
        self.check = check
        self.expected = expected
        self.came = came


class IdTokenRejected(TokenRejected):
    """An ID token that does not prove who signed in (OpenID Connect Core 3.1.3.7)."""

    kind = "the ID token"


class LogoutTokenRejected(TokenRejected):
    """A back-channel logout token that signs nobody out (OpenID Connect Back-Channel Logout 2.6)."""

    kind = "the logout token"


class TokenExpired(OAuthClientError):
    """An access token is over and nothing is at hand to renew it."""


class CredentialsMissing(OAuthClientError):
    """Nobody said which client this is: neither an argument, nor the environment, nor a profile file."""


class ProfileRefused(OAuthClientError):
    """The profile file may be read by others, or cannot be understood; or a variable of the environment cannot."""


class SignInTimedOut(OAuthClientError):
    """The person did not finish in time."""


class SignInCancelled(OAuthClientError):
    """Whoever waited for the person does not want to any more."""


def place(url: str) -> str:
    """Return a URL as it may be shown: without query, fragment and user."""
    try:
        parts = urlsplit(url)
        return shown(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
    except ValueError:
        return "something that is no URL"


def shown(text: object) -> str:
    """Return a stranger's text shortened and without anything a terminal or a log would obey."""
    plain = "".join(character if character.isprintable() else "?" for character in str(text)[: _SHOWN + 1])
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "..."
