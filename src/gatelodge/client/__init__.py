"""The OAuth and OpenID Connect client library.

Nothing is imported until it is used, so that a program that mentions this package starts as fast as one that does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatelodge.client.async_client import AsyncOAuthClient as AsyncOAuthClient
    from gatelodge.client.authorization import Authorization as Authorization
    from gatelodge.client.authorization import Callback as Callback
    from gatelodge.client.authorization import Transaction as Transaction
    from gatelodge.client.authorization import Wanted as Wanted
    from gatelodge.client.client import OAuthClient as OAuthClient
    from gatelodge.client.credentials import Credentials as Credentials
    from gatelodge.client.device import DeviceAuthorization as DeviceAuthorization
    from gatelodge.client.discovery import ServerMetadata as ServerMetadata
    from gatelodge.client.errors import AddressRefused as AddressRefused
    from gatelodge.client.errors import AuthorizationRefused as AuthorizationRefused
    from gatelodge.client.errors import CallbackRejected as CallbackRejected
    from gatelodge.client.errors import CredentialsMissing as CredentialsMissing
    from gatelodge.client.errors import DiscoveryFailed as DiscoveryFailed
    from gatelodge.client.errors import IdTokenRejected as IdTokenRejected
    from gatelodge.client.errors import LogoutTokenRejected as LogoutTokenRejected
    from gatelodge.client.errors import NotSupported as NotSupported
    from gatelodge.client.errors import OAuthClientError as OAuthClientError
    from gatelodge.client.errors import ProfileRefused as ProfileRefused
    from gatelodge.client.errors import ServerRefused as ServerRefused
    from gatelodge.client.errors import ServerUnavailable as ServerUnavailable
    from gatelodge.client.errors import TokenExpired as TokenExpired
    from gatelodge.client.errors import TokenRefused as TokenRefused
    from gatelodge.client.errors import UnexpectedAnswer as UnexpectedAnswer
    from gatelodge.client.errors import UserInfoRefused as UserInfoRefused
    from gatelodge.client.http import AsyncSend as AsyncSend
    from gatelodge.client.http import HttpRequest as HttpRequest
    from gatelodge.client.http import HttpResponse as HttpResponse
    from gatelodge.client.http import Send as Send
    from gatelodge.client.id_token import Person as Person
    from gatelodge.client.introspection import Introspection as Introspection
    from gatelodge.client.logout import LogoutToken as LogoutToken
    from gatelodge.client.machine import ClientCredentials as ClientCredentials
    from gatelodge.client.registration import ClientAuth as ClientAuth
    from gatelodge.client.registration import ClientConfig as ClientConfig
    from gatelodge.client.registration import Moment as Moment
    from gatelodge.client.registration import NoAuth as NoAuth
    from gatelodge.client.registration import PrivateKeyJwt as PrivateKeyJwt
    from gatelodge.client.registration import SecretBasic as SecretBasic
    from gatelodge.client.registration import SecretPost as SecretPost
    from gatelodge.client.sender import AsyncSender as AsyncSender
    from gatelodge.client.sender import Route as Route
    from gatelodge.client.sender import Sender as Sender
    from gatelodge.client.tokens import Exchanged as Exchanged
    from gatelodge.client.tokens import Narrowed as Narrowed
    from gatelodge.client.tokens import Tokens as Tokens

_WHERE = {
    "AsyncOAuthClient": "async_client",
    "Authorization": "authorization",
    "Callback": "authorization",
    "Transaction": "authorization",
    "Wanted": "authorization",
    "OAuthClient": "client",
    "Credentials": "credentials",
    "DeviceAuthorization": "device",
    "ServerMetadata": "discovery",
    "AddressRefused": "errors",
    "AuthorizationRefused": "errors",
    "CallbackRejected": "errors",
    "CredentialsMissing": "errors",
    "DiscoveryFailed": "errors",
    "IdTokenRejected": "errors",
    "LogoutTokenRejected": "errors",
    "NotSupported": "errors",
    "OAuthClientError": "errors",
    "ProfileRefused": "errors",
    "ServerRefused": "errors",
    "ServerUnavailable": "errors",
    "TokenExpired": "errors",
    "TokenRefused": "errors",
    "UnexpectedAnswer": "errors",
    "UserInfoRefused": "errors",
    "AsyncSend": "http",
    "HttpRequest": "http",
    "HttpResponse": "http",
    "Send": "http",
    "Person": "id_token",
    "Introspection": "introspection",
    "LogoutToken": "logout",
    "ClientCredentials": "machine",
    "ClientAuth": "registration",
    "ClientConfig": "registration",
    "Moment": "registration",
    "NoAuth": "registration",
    "PrivateKeyJwt": "registration",
    "SecretBasic": "registration",
    "SecretPost": "registration",
    "AsyncSender": "sender",
    "Route": "sender",
    "Sender": "sender",
    "Exchanged": "tokens",
    "Narrowed": "tokens",
    "Tokens": "tokens",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, at the first time (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    """List what can be asked for."""
    return sorted(_WHERE)
