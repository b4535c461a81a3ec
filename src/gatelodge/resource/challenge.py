"""What a caller who is not let in is told: status, exact challenge and body (RFC 6750 3, RFC 9449 7, RFC 9470 3)."""

from dataclasses import dataclass

from gatelodge.protocol import rules
from gatelodge.protocol.challenge import challenge
from gatelodge.protocol.dpop import ALGORITHMS, SCHEME
from gatelodge.protocol.reply import NO_STORE, Reply, json_reply
from gatelodge.resource.needs import Needs
from gatelodge.resource.refusals import CannotDecide, Refused

_STATUS = {"invalid_request": 400, "insufficient_scope": 403}  # everything else asks for another token: 401


def unavailable_reply(failure: CannotDecide) -> Reply:
    """Say that nobody can be let in now. It is no 401: a good token must not be thrown away for it."""
    body = {"error": "temporarily_unavailable", "error_description": "access tokens cannot be checked now"}
    return json_reply(body, 503).with_headers(("retry-after", str(failure.retry_after)))


@dataclass(frozen=True, slots=True)
class Challenger:
    """Refuses requests of one API. `realm` and `resource_metadata` stand in every challenge, the latter if it has any.

    Where it `takes_bearer` tokens, callers without one are told of DPoP only if it `announces_dpop`.
    """

    realm: str
    resource_metadata: str = ""
    takes_bearer: bool = True
    announces_dpop: bool = False

    def reply(self, refused: Refused, needs: Needs) -> Reply:
        """Refuse a request. Without a token there is no error code, and no body that could say more (RFC 6750 3.1)."""
        headers = (("www-authenticate", self.challenges(refused, needs)), *refused.headers)
        if refused.error is None:
            return Reply(401, (*headers, *NO_STORE))
        body = {"error": refused.error, "error_description": refused.description}
        return json_reply(body, _STATUS.get(refused.error, 401)).with_headers(*headers)

    def challenges(self, refused: Refused, needs: Needs) -> str:
        """Return the challenge of the scheme that was used.

        Who sent a bound token as Bearer is told of DPoP besides (RFC 9449 7.2).
        """
        if refused.scheme == SCHEME or not self.takes_bearer:
            return self._whole(SCHEME, refused, needs)
        asked = self._whole("Bearer", refused, needs)
        tells_of_dpop = self.announces_dpop if refused.error is None else refused.rule is rules.TOKEN_UNBOUND
        return f"{asked}, {challenge(SCHEME, (_ALGS,))}" if tells_of_dpop else asked

    def _whole(self, scheme: str, refused: Refused, needs: Needs) -> str:
        """Say what is wrong, what a token for this place needs, and where to learn how to get one."""
        steps_up = refused.error == "insufficient_user_authentication"
        return challenge(
            scheme,
            (
                ("realm", self.realm),
                ("error", refused.error or ""),
                ("error_description", refused.description if refused.error else ""),
                ("scope", " ".join(needs.scopes)),
                ("acr_values", " ".join(needs.acr_values) if steps_up else ""),
                ("max_age", str(needs.max_age) if steps_up and needs.max_age is not None else ""),
                ("resource_metadata", self.resource_metadata),
                _ALGS if scheme == SCHEME else ("algs", ""),
            ),
        )


_ALGS = ("algs", " ".join(ALGORITHMS))
