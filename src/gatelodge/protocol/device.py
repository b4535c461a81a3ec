"""The device authorization grant (RFC 8628): what a device asks for, and how often it may ask again."""

from dataclasses import dataclass

from gatelodge.protocol import pkce, rules
from gatelodge.protocol.addresses import is_same_family, network_of
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply, json_reply
from gatelodge.protocol.scope import OPENID_SCOPES, parse_scope
from gatelodge.protocol.targets import Apis, WantedAccess, understand

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
SHORT = {"device_code": GRANT_TYPE}  # what people say of a grant whose name is long
SLOWER = 5  # seconds more between two questions after `slow_down` (3.5)
SLOWEST = 60  # seconds more at most: a device that mends its ways is not lost
LENIENCE = 1  # seconds a question may come early: networks are not clocks

_MODEST = OPENID_SCOPES - {"offline_access", "account"}


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """What a device asks for. `code_challenge` is `None` if it sent none: RFC 8628 has no word on PKCE."""

    wanted: WantedAccess
    code_challenge: str | None


@dataclass(frozen=True, slots=True)
class ShownToDevice:
    """What a device is told to show, and how to go on. `expires_in` and `interval` are in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    expires_in: int
    interval: int

    def __repr__(self) -> str:
        return "ShownToDevice(...)"


def read_device_request(params: Params, client: Client, apis: Apis) -> DeviceRequest:
    """Return what a device authorization request asks for (3.1). Raises `OAuthError`, as `understand` does."""
    wanted = understand(_scope(params, client), params.all("resource"), apis, client.scopes)
    if not wanted.scope:
        raise OAuthError("invalid_scope", "scope is missing or comes to nothing", rules.SCOPE_REQUIRED)
    with_pkce = "code_challenge" in params or "code_challenge_method" in params
    return DeviceRequest(wanted, pkce.read_challenge(params, client) if with_pkce else None)


def device_reply(shown: ShownToDevice) -> Reply:
    """Answer with what the device shows (3.2)."""
    return json_reply(
        {
            "device_code": shown.device_code,
            "user_code": shown.user_code,
            "verification_uri": shown.verification_uri,
            "verification_uri_complete": f"{shown.verification_uri}?user_code={shown.user_code}",
            "expires_in": shown.expires_in,
            "interval": shown.interval,
        }
    )


def comes_too_soon(polled_at: int, interval: int, now: int) -> bool:
    """Whether a device asks again before it may."""
    return now < polled_at + interval - LENIENCE


def is_wide(scope: tuple[str, ...]) -> bool:
    """Whether more is asked for than to know who somebody is: then a proof given now is wanted (RFC 10027)."""
    return not _MODEST.issuperset(scope)


def is_near(asked_from: str, here: str) -> bool | None:
    """Whether a device asks from the network that this browser is in; `None` if addresses of two kinds say nothing."""
    return network_of(asked_from) == network_of(here) if is_same_family(asked_from, here) else None


def _scope(params: Params, client: Client) -> tuple[str, ...] | None:
    """Return the scopes, without `offline_access` where no refresh token can come of it (OIDC Core 11)."""
    sent = params.get("scope")
    if sent is None:
        return None
    scope = parse_scope(sent)
    offline = "refresh_token" in client.grants
    return scope if offline else tuple(name for name in scope if name != "offline_access")
