"""Understanding an authorization request: fetch what is needed, then let the protocol decide who is answered and what.

Used by the authorization endpoint and by every page that works on a parked request, so each reads it anew from the
server's own record.
"""

from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.config.policies import LegacyPolicy
from gatelodge.keys.keys import SigningKeys
from gatelodge.ops.client_questions import ClientQuestion, NotAskable
from gatelodge.protocol import rules
from gatelodge.protocol.access_request import NOBODY
from gatelodge.protocol.authorize import AuthorizationRequest, Recipient, find_recipient, read_client_id, validate
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.logout import read_hint
from gatelodge.protocol.params import Params
from gatelodge.stores.registry import Registry

KIND = "authorization"  # of an interaction that an authorization request waits in


@dataclass(frozen=True, slots=True)
class Understood:
    """An authorization request of a known client with a registered redirect URI, and what it asks for."""

    client: Client
    recipient: Recipient
    asked: AuthorizationRequest

    @property
    def question(self) -> ClientQuestion:
        """What a person is asked because of it."""
        return ClientQuestion(self.client, self.asked, self.recipient.redirect_uri)


class RefusedRequest(NotAskable):
    """A request whose refusal may travel to its recipient, since that one was proven."""

    def __init__(self, recipient: Recipient, error: OAuthError) -> None:
        super().__init__(error.code)
        self.recipient = recipient
        self.error = error


@dataclass(frozen=True, slots=True)
class Authorizations:
    """Understands authorization requests to this issuer."""

    issuer: str
    registry: Registry
    keys: SigningKeys
    legacy: LegacyPolicy
    clock: Clock

    async def understand(self, params: Params) -> Understood:
        """Return what a request asks for.

        Raises `UnsafeRequest` while nobody is known whom an answer may go to, and `RefusedRequest` from there on.
        """
        client = await self.registry.client(read_client_id(params))
        recipient = find_recipient(params, client, self.issuer)
        try:
            hinted = self._hinted_sub(params, recipient.client)
            asked = validate(params, recipient, await self.registry.apis(), self.legacy, hinted)
        except OAuthError as error:
            raise RefusedRequest(recipient, error) from error
        return Understood(recipient.client, recipient, asked)

    def _hinted_sub(self, params: Params, client: Client) -> str | None:
        """Return whom `id_token_hint` names: `NOBODY` if it cannot be verified. It signs nobody in; it only says whom
        the client expects."""
        token = params.get("id_token_hint")
        if token is None:
            return None
        now = self.clock.now()
        hint = read_hint(token, self.issuer, self.keys.ring.hints_at(now), now)
        if hint is None:
            return NOBODY
        if hint.client_id != client.id:
            raise OAuthError("invalid_request", "id_token_hint was issued to another client", rules.HINT_SUBJECT)
        return hint.sub
