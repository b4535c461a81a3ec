"""The OAuth and OpenID Connect client library.

Nothing is imported until it is used, so that a program that mentions this package starts as fast as one that does not.
"""

from typing import TYPE_CHECKING

from gatelodge.client.doors import door

if TYPE_CHECKING:
    from gatelodge.client.async_client import AsyncOAuthClient as AsyncOAuthClient
    from gatelodge.client.client import OAuthClient as OAuthClient
    from gatelodge.client.credentials import Credentials as Credentials
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
    from gatelodge.client.errors import SignInCancelled as SignInCancelled
    from gatelodge.client.errors import SignInTimedOut as SignInTimedOut
    from gatelodge.client.errors import TokenExpired as TokenExpired
    from gatelodge.client.errors import TokenRefused as TokenRefused
    from gatelodge.client.errors import TokenRejected as TokenRejected
    from gatelodge.client.errors import UnexpectedAnswer as UnexpectedAnswer
    from gatelodge.client.errors import UserInfoRefused as UserInfoRefused
    from gatelodge.client.machine.httpx2_auth import ClientCredentials as ClientCredentials
    from gatelodge.client.messages.authorization import Authorization as Authorization
    from gatelodge.client.messages.authorization import Transaction as Transaction
    from gatelodge.client.messages.authorization import Wanted as Wanted
    from gatelodge.client.messages.callback import Callback as Callback
    from gatelodge.client.messages.device import DeviceAuthorization as DeviceAuthorization
    from gatelodge.client.messages.discovery import ServerMetadata as ServerMetadata
    from gatelodge.client.messages.dpop import DpopKey as DpopKey
    from gatelodge.client.messages.id_token import Person as Person
    from gatelodge.client.messages.introspection import IntrospectedToken as IntrospectedToken
    from gatelodge.client.messages.logout import LogoutToken as LogoutToken
    from gatelodge.client.messages.registration import ClientAuth as ClientAuth
    from gatelodge.client.messages.registration import ClientConfig as ClientConfig
    from gatelodge.client.messages.registration import Moment as Moment
    from gatelodge.client.messages.registration import NoAuth as NoAuth
    from gatelodge.client.messages.registration import PrivateKeyJwt as PrivateKeyJwt
    from gatelodge.client.messages.registration import SecretBasic as SecretBasic
    from gatelodge.client.messages.registration import SecretPost as SecretPost
    from gatelodge.client.messages.registration import WorkloadToken as WorkloadToken
    from gatelodge.client.messages.tokens import Exchanged as Exchanged
    from gatelodge.client.messages.tokens import Narrowed as Narrowed
    from gatelodge.client.messages.tokens import Tokens as Tokens
    from gatelodge.client.sending.http import AsyncSend as AsyncSend
    from gatelodge.client.sending.http import HttpRequest as HttpRequest
    from gatelodge.client.sending.http import HttpResponse as HttpResponse
    from gatelodge.client.sending.http import Send as Send
    from gatelodge.client.sending.route import NetworkRoute as NetworkRoute
    from gatelodge.client.sending.sender import AsyncSender as AsyncSender
    from gatelodge.client.sending.sender import Sender as Sender

_WHERE = {
    "AsyncOAuthClient": "async_client",
    "Authorization": "messages.authorization",
    "Callback": "messages.callback",
    "Transaction": "messages.authorization",
    "Wanted": "messages.authorization",
    "OAuthClient": "client",
    "Credentials": "credentials",
    "DeviceAuthorization": "messages.device",
    "ServerMetadata": "messages.discovery",
    "DpopKey": "messages.dpop",
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
    "SignInCancelled": "errors",
    "SignInTimedOut": "errors",
    "TokenExpired": "errors",
    "TokenRefused": "errors",
    "TokenRejected": "errors",
    "UnexpectedAnswer": "errors",
    "UserInfoRefused": "errors",
    "AsyncSend": "sending.http",
    "HttpRequest": "sending.http",
    "HttpResponse": "sending.http",
    "Send": "sending.http",
    "Person": "messages.id_token",
    "IntrospectedToken": "messages.introspection",
    "LogoutToken": "messages.logout",
    "ClientCredentials": "machine.httpx2_auth",
    "ClientAuth": "messages.registration",
    "ClientConfig": "messages.registration",
    "Moment": "messages.registration",
    "NoAuth": "messages.registration",
    "PrivateKeyJwt": "messages.registration",
    "WorkloadToken": "messages.registration",
    "SecretBasic": "messages.registration",
    "SecretPost": "messages.registration",
    "AsyncSender": "sending.sender",
    "NetworkRoute": "sending.route",
    "Sender": "sending.sender",
    "Exchanged": "messages.tokens",
    "Narrowed": "messages.tokens",
    "Tokens": "messages.tokens",
}

__getattr__, __dir__ = door(__name__, _WHERE)
