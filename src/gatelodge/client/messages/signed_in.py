"""What the ID token beside an answer must fit: after a sign-in, at a renewal, without a browser."""

from gatelodge.client.errors import IdTokenRejected
from gatelodge.client.messages.callback import Callback
from gatelodge.client.messages.id_token import ExpectedIdToken, Person
from gatelodge.client.messages.registration import ClientConfig
from gatelodge.client.messages.tokens import Tokens


def expected_after(callback: Callback, granted: Tokens) -> ExpectedIdToken | None:
    """Return what the ID token of a sign-in must fit, `None` if nobody asked who signs in. Raises `IdTokenRejected`."""
    begun = callback.transaction
    if "openid" not in begun.scope:
        return None
    if granted.id_token is None:
        raise IdTokenRejected("the server sends one when openid is asked for")
    return ExpectedIdToken(
        issuer=begun.issuer,
        client_id=begun.client_id,
        nonce=begun.nonce,
        access_token=granted.access_token,
        code=callback.code,
        max_age=begun.max_age,
    )


def expected_at_renewal(client: ClientConfig, granted: Tokens, person: Person | None) -> ExpectedIdToken | None:
    """Return what a renewed ID token must fit: it is about the same person (OpenID Connect Core 12.2)."""
    if person is None:
        return None
    return ExpectedIdToken(
        issuer=client.issuer, client_id=client.client_id, access_token=granted.access_token, subject=person.sub
    )


def expected_without_browser(client: ClientConfig, granted: Tokens) -> ExpectedIdToken:
    """Return what an ID token must fit where no browser carried a nonce: on a device, or after a password."""
    return ExpectedIdToken(issuer=client.issuer, client_id=client.client_id, access_token=granted.access_token)
