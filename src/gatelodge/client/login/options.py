"""What an application may say about how people log in."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.client import OAuthClient
from gatelodge.client.keeping.events import Tell
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.dpop import DpopKey
from gatelodge.client.messages.registration import ClientAuth, ClientConfig, Moment, PrivateKeyJwt, secret_auth
from gatelodge.client.sending.route import NetworkRoute


class Asking(TypedDict):
    """What the server is asked for: always, as an option of a `Login`, or at one sign-in, by its `begin`.

    `prompt` may be `login`, `consent`, `select_account` or several of them. `max_age` is in seconds. `acr_values` is
    how the person should prove who they are; what they did stands in `user.claims["acr"]`. `login_hint` is who is
    expected. `extra` holds parameters that only this server understands.
    """

    scope: NotRequired[str]
    resource: NotRequired[tuple[str, ...]]
    prompt: NotRequired[str]
    max_age: NotRequired[int]
    acr_values: NotRequired[str]
    login_hint: NotRequired[str]
    ui_locales: NotRequired[str]
    extra: NotRequired[Mapping[str, str]]


class CommonOptions(Asking):
    """What every `Login` may be told beyond issuer, client id and secret.

    `base_url` is scheme, host and port of the application as browsers see it; without it, what the framework says is
    believed. `store` is needed by more than one process, and to keep people signed in across a restart. `lifetime` of a
    session is in seconds. After signing out at the server the browser is sent to `post_logout_redirect_uri`, which
    must be registered. `push` sends each request to the server before the browser goes there (RFC 9126); to one that
    demands it they are sent so anyway. A `request_key` signs them (RFC 9101); with `signed_answers` the server signs
    what it answers (JARM). `allow_private` lets the issuer be inside your own network; `route` has a proxy and
    certificates of your own. `cookie` names the session's cookie: give each `Login` of a site its own. `tell` hears
    what becomes of tokens. With `dpop` the tokens are bound to that key, and `DpopKey.headers` goes with each call.
    """

    auth: NotRequired[ClientAuth]
    dpop: NotRequired[DpopKey]
    push: NotRequired[bool]
    request_key: NotRequired[PrivateKeyJwt]
    signed_answers: NotRequired[bool]
    base_url: NotRequired[str]
    store: NotRequired[TokenStore]
    lifetime: NotRequired[int]
    after_login: NotRequired[str]
    after_logout: NotRequired[str]
    post_logout_redirect_uri: NotRequired[str]
    allow_private: NotRequired[bool]
    route: NotRequired[NetworkRoute]
    cookie: NotRequired[str]
    tell: NotRequired[Tell]
    moment: NotRequired[Moment]


class Options(CommonOptions):
    """Those of a `Login` for threads. `client` replaces the one that is made of the other options."""

    client: NotRequired[OAuthClient]


class AsyncOptions(CommonOptions):
    """Those of an `AsyncLogin`. `client` replaces the one that is made of the other options."""

    client: NotRequired[AsyncOAuthClient]


def wanted_of(fixed: Asking, once: Asking, redirect_uri: str | None = None) -> Wanted:
    """Return what is asked for at a sign-in. Raises `ValueError` for a scope without `openid`, and as `Wanted` does."""
    said: dict[str, Any] = {"scope": "openid profile email"}
    for asking in (fixed, once):
        said |= {name: value for name, value in asking.items() if name in Asking.__annotations__}
    said["extra"] = {**fixed.get("extra", {}), **once.get("extra", {})}
    wanted = Wanted(redirect_uri=redirect_uri, **said)
    if "openid" not in wanted.scopes:
        raise ValueError("scope needs openid: without it nobody is said to have signed in")
    return wanted


def config_of(issuer: str, client_id: str, client_secret: str | None, options: CommonOptions) -> ClientConfig:
    """Return the client of a `Login`."""
    return ClientConfig(
        issuer=issuer,
        client_id=client_id,
        auth=options.get("auth") or secret_auth(client_secret),
        dpop=options.get("dpop"),
        post_logout_redirect_uri=options.get("post_logout_redirect_uri"),
        push=options.get("push", False),
        request_key=options.get("request_key"),
        signed_answers=options.get("signed_answers", False),
    )
