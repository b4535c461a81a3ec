"""Which tokens an API takes: written in which way, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from gatelodge.protocol import rules
from gatelodge.protocol.jose import BadToken
from gatelodge.resource.profiles.contract import Profile


@dataclass(frozen=True, slots=True)
class Terms:
    """The profile of the tokens, and every name their issuers know the API by."""

    profile: Profile
    audiences: frozenset[str]

    def check_audience(self, claims: Mapping[str, Any]) -> None:
        """Let a token pass that is for this API. Raises `BadToken`."""
        if not self.is_for_us(self.profile.audience(claims)):
            raise BadToken(rules.JWT_AUD)

    def is_for_us(self, audience: object) -> bool:
        """Whether an audience, one text or a list, names this API."""
        if isinstance(audience, str):
            return audience in self.audiences
        if not isinstance(audience, list):
            return False
        return any(isinstance(one, str) and one in self.audiences for one in cast("list[object]", audience))
