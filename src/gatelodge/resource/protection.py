"""What every adapter does: find the token, verify it, check what the endpoint needs, or say exactly what is missing."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from gatelodge.protocol.dpop import SCHEME
from gatelodge.protocol.redirect_uri import url_defect
from gatelodge.protocol.reply import Reply, json_reply
from gatelodge.resource.bearer import SentToken, read_token
from gatelodge.resource.challenge import Challenger, unavailable_reply
from gatelodge.resource.dpop import SentProof
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.needs import NOTHING, Needs, check
from gatelodge.resource.principal import Principal
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.verifier import TokenVerifier

log = logging.getLogger("gatelodge.resource")


_AS_SENT = "/:@!$&'()*+,;=-._~"  # what stands in a path as it is (RFC 3986 3.3)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brought: each of its Authorization headers, and whether its query or form has a token, too.

    `method` and `path` are what it asks for, the path from the root of the host, escaped as in a URL and without its
    query; `dpop` is each of its DPoP headers. A token that is bound to a key is proven with these (RFC 9449 4.3).
    """

    authorization: Sequence[str]
    sent_elsewhere: bool = False
    method: str = ""
    path: str = ""
    dpop: Sequence[str] = ()

    def token(self) -> SentToken:
        """Return the token and its scheme. Raises `Refused`."""
        return read_token(self.authorization, sent_elsewhere=self.sent_elsewhere)


class Protection:
    """Lets callers in, for threads and tasks; knows no web framework.

    `realm` names the protected space in challenges, the audience if it is left out. `metadata` is named in challenges;
    whoever gives it must publish it, too. `base_url` is scheme and host that callers use, those of the audience if that
    is a URL. Raises `ValueError` if it is no such address.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        *,
        realm: str | None = None,
        metadata: ResourceMetadata | None = None,
        base_url: str | None = None,
    ) -> None:
        self.verifier = verifier
        self.metadata = metadata
        self.base_url = _origin(verifier.audience) if base_url is None else _demanded_origin(base_url)
        self._challenger = Challenger(
            realm or verifier.audience,
            metadata.url if metadata else "",
            takes_bearer=not verifier.holders.required,
            announces_dpop=verifier.holders.announced and self.base_url is not None,
        )

    async def admit(self, presented: Presented, needs: Needs = NOTHING) -> Principal:
        """Return the caller, who has what is needed. Raises `Refused` and `CannotDecide`."""
        token = presented.token()
        principal = await self.verifier.verify(token.value, self._proof_beside(token, presented))
        check(principal, needs, self.verifier.clock.now())
        return principal

    def admit_sync(self, presented: Presented, needs: Needs = NOTHING) -> Principal:
        """Do the same from a thread."""
        token = presented.token()
        principal = self.verifier.verify_sync(token.value, self._proof_beside(token, presented))
        check(principal, needs, self.verifier.clock.now())
        return principal

    def _proof_beside(self, token: SentToken, presented: Presented) -> SentProof | None:
        if token.scheme != SCHEME:
            return None
        return SentProof(presented.dpop, presented.method, self.url_of(presented))

    def url_of(self, presented: Presented) -> str | None:
        """Return the address a caller asked for; `None` if nobody said what ours is.

        It is made of what is configured: the Host header is the caller's word, and a proof for one address must not be
        good at another (RFC 9449 4.3).
        """
        return None if self.base_url is None else self.base_url + presented.path

    def reply(self, failure: Refused | CannotDecide, needs: Needs = NOTHING) -> Reply:
        """Return the answer to a caller who was not let in; the log of the API learns why."""
        if isinstance(failure, CannotDecide):
            log.warning("cannot decide: %s", failure)
            return unavailable_reply(failure)
        log.info("refused: %s", failure)
        return self._challenger.reply(failure, needs)

    def metadata_reply(self) -> Reply:
        """Answer with the metadata of this API, which anybody may read (RFC 9728 3.2)."""
        if self.metadata is None:
            return Reply(404)
        headers = (("cache-control", "public, max-age=3600"), ("access-control-allow-origin", "*"))
        return json_reply(self.metadata.document(), headers=headers)


def escaped(path: str) -> str:
    """Return a path as it stands in a URL, of one that a framework has decoded."""
    return quote(path, safe=_AS_SENT)


def _origin(url: str) -> str | None:
    if url_defect(url) is not None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _demanded_origin(base_url: str) -> str:
    origin = _origin(base_url)
    if origin is None or base_url.removesuffix("/") != origin:
        raise ValueError("base_url is scheme and host that callers use: https, or http on loopback")
    return origin
