"""What an application may say about how people log in."""

from typing import NotRequired, TypedDict

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.client import OAuthClient
from gatelodge.client.keeping.events import Tell
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.messages.registration import ClientAuth, ClientConfig, Moment, secret_auth


class CommonOptions(TypedDict):
    """What every `Login` may be told beyond issuer, client id and secret.

    `base_url` is scheme, host and port of the application as browsers see it; without it, what the framework says is
    believed. `store` is needed by more than one process, and to keep people signed in across a restart. `lifetime` of a
    session is in seconds. After signing out at the server the browser is sent to `post_logout_redirect_uri`, which
    must be registered. `allow_private` lets the issuer be inside your own network. `cookie` names the session's cookie:
    give each `Login` of a site its own. `tell` hears what becomes of tokens.
    """

    auth: NotRequired[ClientAuth]
    scope: NotRequired[str]
    resource: NotRequired[tuple[str, ...]]
    max_age: NotRequired[int]
    base_url: NotRequired[str]
    store: NotRequired[TokenStore]
    lifetime: NotRequired[int]
    after_login: NotRequired[str]
    after_logout: NotRequired[str]
    post_logout_redirect_uri: NotRequired[str]
    allow_private: NotRequired[bool]
    cookie: NotRequired[str]
    tell: NotRequired[Tell]
    moment: NotRequired[Moment]


class Options(CommonOptions):
    """Those of a `Login` for threads. `client` replaces the one that is made of the other options."""

    client: NotRequired[OAuthClient]


class AsyncOptions(CommonOptions):
    """Those of an `AsyncLogin`. `client` replaces the one that is made of the other options."""

    client: NotRequired[AsyncOAuthClient]


def config_of(issuer: str, client_id: str, client_secret: str | None, options: CommonOptions) -> ClientConfig:
    """Return the client of a `Login`."""
    return ClientConfig(
        issuer=issuer,
        client_id=client_id,
        auth=options.get("auth") or secret_auth(client_secret),
        post_logout_redirect_uri=options.get("post_logout_redirect_uri"),
    )
