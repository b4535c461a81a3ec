"""Judging what comes back from a server (RFC 6749 4.1.2, RFC 9207, RFC 9700 4.4).

`read_callback` checks the answer against the transaction; only the `Callback` it returns can be exchanged for tokens.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from gatelodge.client.errors import AuthorizationRefused, CallbackCause, CallbackRejected, place
from gatelodge.client.messages.authorization import LIFETIME, Transaction
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.signed_answer import NAME, read_answer_header, read_signed_answer, unproven_state
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.jose import TokenParts
from gatelodge.protocol.jwks import KeySource
from gatelodge.protocol.params import Params

MAX_CALLBACK = 65_536  # characters

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

CallbackData = str | Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Callback:
    """An authorization response that passed every check; made only by `read_callback`. Without it no code is sent."""

    code: str = field(repr=False)
    transaction: Transaction


def read_callback(
    transaction: Transaction, metadata: ServerMetadata, callback: CallbackData, now: int, keys: KeySource | None = None
) -> Callback:
    """Return the code of an authorization response, if it is the answer to `transaction` and to nothing else.

    `callback` is the URL the browser came to, its query alone, or the parameters one by one; give the URL where you
    can. `keys` are the server's, for an answer that it signed: `read_signed_callback` says which of them is needed.
    Raises `CallbackRejected` for a response that is not ours, `AuthorizationRefused` for one that is ours and says no;
    nothing in a rejected one is believed, so its `error` is not read either.
    """
    params = _read(transaction, callback)
    _check_time(transaction, now)
    if transaction.signed:
        params = _opened(transaction, params, keys, now)
    _check_state(transaction, params)
    _check_issuer(transaction, metadata, params)
    error, code = params.get("error"), params.get("code")
    if error is not None:
        raise AuthorizationRefused(error, params.get("error_description"))
    if code is None:
        raise CallbackRejected("code_missing", "the answer holds neither a code nor an error")
    return Callback(code, transaction)


def read_signed_callback(transaction: Transaction, callback: CallbackData) -> TokenParts | None:
    """Return the unproven parts of a signed answer, `None` if none was asked for. Raises `CallbackRejected`."""
    return read_answer_header(_response(_read(transaction, callback))) if transaction.signed else None


def state_of(query: str) -> str:
    """Return the state of an answer: it finds the sign-in, by which it is judged. Raises `CallbackRejected`."""
    try:
        params = Params.parse(query.encode())
        signed = params.get(NAME)
        state = params.get("state") if signed is None else unproven_state(signed)
    except OAuthError as error:
        raise CallbackRejected("unreadable", f"the answer cannot be read: {error.description}") from None
    if state is None:
        raise CallbackRejected("state_missing", "the answer has no state, so it cannot be told whose it is")
    return state


def _opened(transaction: Transaction, params: Params, keys: KeySource | None, now: int) -> Params:
    """Return what a signed answer says; nothing beside it is read."""
    if keys is None:
        raise ValueError("the keys of the server are needed for a signed answer")
    return read_signed_answer(_response(params), keys, transaction.issuer, transaction.client_id, now)


def _response(params: Params) -> str:
    value = params.get(NAME)
    if value is None:
        raise CallbackRejected("unsigned", "a signed answer was asked for, and this one is not signed")
    return value


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
