"""What every adapter does: find the token, verify it, check what the endpoint needs, or say exactly what is missing."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.protocol.reply import Reply, json_reply
from gatelodge.resource.bearer import read_bearer
from gatelodge.resource.challenge import refusal_reply, unavailable_reply
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.needs import NOTHING, Needs, check
from gatelodge.resource.principal import Principal
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.verifier import TokenVerifier

log = logging.getLogger("gatelodge.resource")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brought: each of its Authorization headers, and whether its query or form has a token, too."""

    authorization: Sequence[str]
    sent_elsewhere: bool = False

    def token(self) -> str:
        """Return the token. Raises `Refused`."""
        return read_bearer(self.authorization, sent_elsewhere=self.sent_elsewhere)


class Protection:
    """Lets callers in, for threads and tasks; knows no web framework.

    `realm` names the protected space in challenges, the audience if it is left out. `metadata` is named in challenges;
    whoever gives it must publish it, too.
    """

    def __init__(
        self, verifier: TokenVerifier, *, realm: str | None = None, metadata: ResourceMetadata | None = None
    ) -> None:
        self.verifier = verifier
        self.metadata = metadata
        self._realm = realm or verifier.audience

    async def admit(self, presented: Presented, needs: Needs = NOTHING) -> Principal:
        """Return the caller, who has what is needed. Raises `Refused` and `CannotDecide`."""
        principal = await self.verifier.verify(presented.token())
        check(principal, needs, self.verifier.clock.now())
        return principal

    def admit_sync(self, presented: Presented, needs: Needs = NOTHING) -> Principal:
        """Do the same from a thread."""
        principal = self.verifier.verify_sync(presented.token())
        check(principal, needs, self.verifier.clock.now())
        return principal

    def reply(self, failure: Refused | CannotDecide, needs: Needs = NOTHING) -> Reply:
        """Return the answer to a caller who was not let in; the log of the API learns why."""
        if isinstance(failure, CannotDecide):
            log.warning("cannot decide: %s", failure)
            return unavailable_reply(failure)
        log.info("refused: %s", failure)
        return refusal_reply(failure, needs, self._realm, self.metadata.url if self.metadata else None)

    def metadata_reply(self) -> Reply:
        """Answer with the metadata of this API, which anybody may read (RFC 9728 3.2)."""
        if self.metadata is None:
            return Reply(404)
        headers = (("cache-control", "public, max-age=3600"), ("access-control-allow-origin", "*"))
        return json_reply(self.metadata.document(), headers=headers)
