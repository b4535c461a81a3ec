"""What went wrong with a provider, in the words of this room: the client library knows every way, people need four."""

from collections.abc import Generator
from contextlib import contextmanager

from gatelodge.authn.federation.contract import UpstreamFailed
from gatelodge.client.errors import (
    AuthorizationRefused,
    CallbackRejected,
    IdTokenRejected,
    OAuthClientError,
    ServerUnavailable,
)
from gatelodge.protocol import rules

_BUSY = frozenset({"server_error", "temporarily_unavailable"})


@contextmanager
def upstream_failures() -> Generator[None]:
    """Raise `UpstreamFailed` in place of what the client library raises."""
    try:
        yield
    except OAuthClientError as error:
        raise _told(error) from None


def _told(error: OAuthClientError) -> UpstreamFailed:
    match error:
        case AuthorizationRefused():
            return UpstreamFailed("unavailable" if error.error in _BUSY else "declined", str(error))
        case CallbackRejected(cause="issuer_missing" | "issuer_mismatch"):
            return UpstreamFailed("rejected", str(error), rules.UPSTREAM_ISS)
        case CallbackRejected():
            return UpstreamFailed("rejected", str(error), rules.UPSTREAM_STATE)
        case IdTokenRejected() if error.check.startswith("iss "):
            return UpstreamFailed("rejected", str(error), rules.UPSTREAM_ISS)
        case IdTokenRejected():
            return UpstreamFailed("rejected", str(error), rules.UPSTREAM_TOKEN)
        case ServerUnavailable():
            return UpstreamFailed("unavailable", str(error))
        case _:
            return UpstreamFailed("rejected", str(error))
