"""Sending a person to a server (RFC 6749 4.1.1, RFC 7636).

`begin_authorization` gives a URL for the browser and a `Transaction` to keep where only that browser leads back to;
what comes back is judged by `read_callback`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import quote, urlencode

import msgspec

from gatelodge.client.errors import NotSupported
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, Moment
from gatelodge.client.messages.request_object import signed_parameters
from gatelodge.client.messages.signed_answer import is_signed_mode, signed_mode
from gatelodge.protocol import pkce
from gatelodge.protocol.scope import is_scope

LIFETIME = 3_600  # seconds a person may take to sign in

# What is asked for by name, and what would put something else in its place.
_OURS = frozenset(
    {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge"),
        *("code_challenge_method", "prompt", "max_age", "login_hint", "acr_values", "ui_locales", "response_mode"),
        *("resource", "request", "request_uri"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an application asks for.

    `scope` may be one string with spaces. `resource` names the APIs (RFC 8707). `max_age` is in seconds. `redirect_uri`
    replaces the client's own, for a native application that listens on a free port. `extra` holds what the server
    understands beyond that; it cannot replace what is said here (`ValueError`).
    """

    scope: str | tuple[str, ...] = ("openid",)
    resource: tuple[str, ...] = ()
    prompt: str | None = None
    max_age: int | None = None
    login_hint: str | None = None
    acr_values: str | None = None
    ui_locales: str | None = None
    response_mode: str | None = None
    redirect_uri: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if twice := _OURS & self.extra.keys():
            raise ValueError(f"extra cannot hold {', '.join(sorted(twice))}")

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes one by one. Raises `ValueError` for a name that cannot be one."""
        names = tuple(self.scope.split()) if isinstance(self.scope, str) else self.scope
        if not all(map(is_scope, names)):
            raise ValueError("scope has a name that cannot be a scope")
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One sign-in that was begun: keep it on the server, bound to the browser's session, and use it once.

    `created_at` is in seconds since 1970. `signed` says that no answer is taken that the server did not sign. `encode`
    and `decode` turn it into text and back; the text is secret.
    """

    issuer: str
    client_id: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str | None = field(repr=False)
    scope: tuple[str, ...]
    resource: tuple[str, ...]
    max_age: int | None
    created_at: int
    signed: bool = False
    dpop_jkt: str | None = None

    def encode(self) -> str:
        """Return it as text, to be kept."""
        return msgspec.json.encode(asdict(self)).decode()

    @staticmethod
    def decode(text: str) -> "Transaction":
        """Return what `encode` wrote. Raises `ValueError` for anything else."""
        return msgspec.json.decode(text, type=Transaction, strict=True)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to send the browser, and what to keep until it comes back."""

    url: str = field(repr=False)
    transaction: Transaction


def begin_authorization(
    metadata: ServerMetadata, client: ClientConfig, wanted: Wanted, moment: Moment
) -> Authorization:
    """Return the URL to send a browser to. Raises `NotSupported`, and `ValueError` for what cannot be asked."""
    transaction = begin_transaction(metadata, client, wanted, moment)
    return Authorization(address(metadata, asked_of(client, transaction, wanted, moment)), transaction)


def asked_of(client: ClientConfig, transaction: Transaction, wanted: Wanted, moment: Moment) -> list[tuple[str, str]]:
    """Return the parameters of a request of this client: signed, if it signs them."""
    asked = parameters(transaction, wanted)
    if client.request_key is None:
        return asked
    return signed_parameters(asked, client.client_id, client.request_key, client.issuer, moment)


def begin_transaction(metadata: ServerMetadata, client: ClientConfig, wanted: Wanted, moment: Moment) -> Transaction:
    """Return a new sign-in. Raises `NotSupported`, and `ValueError` for what cannot be asked."""
    if client.issuer != metadata.issuer:
        raise ValueError("the metadata is of another server than the client")
    methods = metadata.code_challenge_methods_supported
    if methods and pkce.METHOD not in methods:
        raise NotSupported(metadata.issuer, "PKCE with S256")
    return _begun(client, wanted, moment)


def authorization_url(metadata: ServerMetadata, transaction: Transaction, wanted: Wanted) -> str:
    """Return where to send a browser for a transaction; its `state` may be of the caller's own making.

    Such a one is as hard to guess as ours, leads to the transaction by itself, and works once. Raises `NotSupported`.
    """
    return address(metadata, parameters(transaction, wanted))


def address(metadata: ServerMetadata, asked: Sequence[tuple[str, str]]) -> str:
    """Return where a browser brings these parameters. Raises `NotSupported`."""
    endpoint = metadata.endpoint("authorization_endpoint")
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked, quote_via=quote)}"


def _begun(client: ClientConfig, wanted: Wanted, moment: Moment) -> Transaction:
    redirect_uri = wanted.redirect_uri or client.redirect_uri
    if redirect_uri is None:
        raise ValueError("a redirect_uri is needed")
    return Transaction(
        issuer=client.issuer,
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        state=moment.token(),
        verifier=moment.token(),
        nonce=moment.token() if "openid" in wanted.scopes else None,
        scope=wanted.scopes,
        resource=wanted.resource,
        max_age=wanted.max_age,
        created_at=moment.now(),
        signed=client.signed_answers or is_signed_mode(wanted.response_mode),
        dpop_jkt=None if client.dpop is None else client.dpop.jkt,
    )


def parameters(transaction: Transaction, wanted: Wanted) -> list[tuple[str, str]]:
    """Return what is asked."""
    ours = {
        "response_type": "code",
        "client_id": transaction.client_id,
        "redirect_uri": transaction.redirect_uri,
        "scope": " ".join(transaction.scope),
        "state": transaction.state,
        "nonce": transaction.nonce,
        "code_challenge": pkce.challenge(transaction.verifier),
        "code_challenge_method": pkce.METHOD,
        "prompt": wanted.prompt,
        "max_age": None if wanted.max_age is None else str(wanted.max_age),
        "login_hint": wanted.login_hint,
        "acr_values": wanted.acr_values,
        "ui_locales": wanted.ui_locales,
        "response_mode": signed_mode(wanted.response_mode) if transaction.signed else wanted.response_mode,
        "dpop_jkt": transaction.dpop_jkt,
    }
    said = [(name, value) for name, value in ours.items() if value]
    return [*said, *(("resource", one) for one in wanted.resource), *wanted.extra.items()]
