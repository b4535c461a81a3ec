"""Sending a person to a server, and judging what comes back (RFC 6749 4.1, RFC 7636, RFC 9207, RFC 9700 4.4).

`begin_authorization` gives a URL for the browser and a `Transaction` to keep where only that browser leads back to.
`read_callback` checks the answer against the transaction; only the `Callback` it returns can be exchanged for tokens.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import quote, urlencode

import msgspec

from gatelodge.client.errors import AuthorizationRefused, CallbackCause, CallbackRejected, NotSupported, place
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, Moment
from gatelodge.protocol import pkce
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.scope import is_scope

LIFETIME = 3_600  # seconds a person may take to sign in
MAX_CALLBACK = 65_536  # characters

# What is asked for by name, and what would put something else in its place.
_OURS = frozenset(
    {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge"),
        *("code_challenge_method", "prompt", "max_age", "login_hint", "acr_values", "ui_locales", "response_mode"),
        *("resource", "request", "request_uri"),
    }
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

CallbackData = str | Mapping[str, str] | Sequence[tuple[str, str]]


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

    `created_at` is in seconds since 1970. `encode` and `decode` turn it into text and back; the text is secret.
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


@dataclass(frozen=True, slots=True)
class Callback:
    """An authorization response that passed every check; made only by `read_callback`. Without it no code is sent."""

    code: str = field(repr=False)
    transaction: Transaction


def begin_authorization(
    metadata: ServerMetadata, client: ClientConfig, wanted: Wanted, moment: Moment
) -> Authorization:
    """Return the URL to send a browser to. Raises `NotSupported`, and `ValueError` for what cannot be asked."""
    transaction = begin_transaction(metadata, client, wanted, moment)
    return Authorization(authorization_url(metadata, transaction, wanted), transaction)


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


def read_callback(transaction: Transaction, metadata: ServerMetadata, callback: CallbackData, now: int) -> Callback:
    """Return the code of an authorization response, if it is the answer to `transaction` and to nothing else.

    `callback` is the URL the browser came to, its query alone, or the parameters one by one; give the URL where you
    can. Raises `CallbackRejected` for a response that is not ours, `AuthorizationRefused` for one that is ours and says
    no; nothing in a rejected one is believed, so its `error` is not read either.
    """
    params = _read(transaction, callback)
    _check_time(transaction, now)
    _check_state(transaction, params)
    _check_issuer(transaction, metadata, params)
    error, code = params.get("error"), params.get("code")
    if error is not None:
        raise AuthorizationRefused(error, params.get("error_description"))
    if code is None:
        raise CallbackRejected("code_missing", "the answer holds neither a code nor an error")
    return Callback(code, transaction)


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
        "response_mode": wanted.response_mode,
    }
    said = [(name, value) for name, value in ours.items() if value]
    return [*said, *(("resource", one) for one in wanted.resource), *wanted.extra.items()]


def _read(transaction: Transaction, callback: CallbackData) -> Params:
    """Return the parameters of the response, each there once, after looking where it arrived."""
    text = _query_of(transaction, callback)
    if len(text) > MAX_CALLBACK:
        raise CallbackRejected("unreadable", "the answer is too long")
    try:
        params = Params.parse(text.encode())
    except OAuthError as error:
        raise CallbackRejected("unreadable", f"the answer cannot be read: {error.description}") from None
    if any(len(values) > 1 for values in params.fields.values()):
        raise CallbackRejected("duplicate_parameter", "the answer says a parameter twice")
    own_query = transaction.redirect_uri.partition("?")[2]
    if not set(Params.parse(own_query.encode())) <= set(params):
        raise CallbackRejected("redirect_uri_mismatch", "the answer lacks the query of the redirect_uri")
    return params


def _query_of(transaction: Transaction, callback: CallbackData) -> str:
    if isinstance(callback, Mapping):
        return urlencode(callback, quote_via=quote)
    if not isinstance(callback, str):
        return urlencode(callback, quote_via=quote)
    if not _URL.match(callback):
        return callback.removeprefix("?")
    address, _, query = callback.partition("#")[0].partition("?")
    _check_address(transaction, address)
    return query


def _check_address(transaction: Transaction, address: str) -> None:
    """Each connection has a redirect URI of its own: an answer that arrived at another is another's (RFC 9700 4.4)."""
    expected = transaction.redirect_uri.partition("?")[0]
    if address != expected:
        message = f"the answer arrived at {place(address)}, expected {place(expected)}"
        raise CallbackRejected("redirect_uri_mismatch", message)


def _check_time(transaction: Transaction, now: int) -> None:
    if not transaction.created_at - LIFETIME < now < transaction.created_at + LIFETIME:
        raise CallbackRejected("expired", f"the sign-in was begun more than {LIFETIME} seconds ago")


def _check_state(transaction: Transaction, params: Params) -> None:
    state = params.get("state")
    if state is None:
        raise CallbackRejected("state_missing", "the answer has no state, so it cannot be told whose it is")
    if not _same(state, transaction.state):
        raise CallbackRejected("state_mismatch", "the answer belongs to another sign-in than the one begun here")


def _check_issuer(transaction: Transaction, metadata: ServerMetadata, params: Params) -> None:
    """A promised `iss` must be there; one that is there must be right, promised or not (RFC 9207 2.4)."""
    if transaction.issuer != metadata.issuer:
        _reject_issuer("issuer_mismatch", transaction.issuer, metadata.issuer)
    came = params.get("iss")
    if came is None and metadata.authorization_response_iss_parameter_supported:
        raise CallbackRejected("issuer_missing", "the server promises to say iss in its answers and this one has none")
    if came is not None and came != transaction.issuer:
        _reject_issuer("issuer_mismatch", transaction.issuer, came)


def _reject_issuer(cause: CallbackCause, expected: str, came: str) -> None:
    raise CallbackRejected(cause, f"the answer is of {place(came)}, expected {place(expected)}")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
