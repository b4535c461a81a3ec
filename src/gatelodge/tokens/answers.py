"""Answering authorization requests: with a seal where the client asked for one (JARM)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.keys.keys import SigningKeys
from gatelodge.protocol.answer import answer, error_answer, sealed_claims
from gatelodge.protocol.authorize import Recipient
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.id_token import TYPE
from gatelodge.protocol.reply import Reply


@dataclass(frozen=True, slots=True)
class AuthorizationAnswers:
    """Brings answers to clients."""

    keys: SigningKeys
    clock: Clock

    def give(self, recipient: Recipient, members: Mapping[str, str]) -> Reply:
        """Bring what was issued."""
        return answer(recipient, members, self._seal)

    def refuse(self, recipient: Recipient, error: OAuthError) -> Reply:
        """Bring a refusal."""
        return error_answer(recipient, error, self._seal)

    def _seal(self, recipient: Recipient, members: Mapping[str, str]) -> str:
        """Sign an answer. JARM names no type of its own, and libraries take no other than JWT."""
        now = self.clock.now()
        signer = self.keys.ring.signer(recipient.client.answer_alg, now)
        return signer.sign(sealed_claims(recipient, members, now), TYPE)
