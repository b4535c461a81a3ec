"""What a caller who is not let in is told: status, exact challenge and body (RFC 6750 3, RFC 9470 3, RFC 9728 5.1)."""

from gatelodge.protocol.challenge import challenge
from gatelodge.protocol.reply import NO_STORE, Reply, json_reply
from gatelodge.resource.needs import Needs
from gatelodge.resource.refusals import CannotDecide, Refused

_STATUS = {"invalid_request": 400, "insufficient_scope": 403}  # everything else asks for another token: 401


def refusal_reply(refused: Refused, needs: Needs, realm: str, resource_metadata: str | None) -> Reply:
    """Refuse a request. Without a token there is no error code, and no body that could say more (RFC 6750 3.1)."""
    headers = (("www-authenticate", bearer_challenge(refused, needs, realm, resource_metadata)),)
    if refused.error is None:
        return Reply(401, (*headers, *NO_STORE))
    body = {"error": refused.error, "error_description": refused.description}
    return json_reply(body, _STATUS.get(refused.error, 401)).with_headers(*headers)


def unavailable_reply(failure: CannotDecide) -> Reply:
    """Say that nobody can be let in now. It is no 401: a good token must not be thrown away for it."""
    body = {"error": "temporarily_unavailable", "error_description": "access tokens cannot be checked now"}
    return json_reply(body, 503).with_headers(("retry-after", str(failure.retry_after)))


def bearer_challenge(refused: Refused, needs: Needs, realm: str, resource_metadata: str | None) -> str:
    """Return the challenge: what is wrong, what a token for this place needs, and where to learn how to get one."""
    steps_up = refused.error == "insufficient_user_authentication"
    return challenge(
        "Bearer",
        (
            ("realm", realm),
            ("error", refused.error or ""),
            ("error_description", refused.description if refused.error else ""),
            ("scope", " ".join(needs.scopes)),
            ("acr_values", " ".join(needs.acr_values) if steps_up else ""),
            ("max_age", str(needs.max_age) if steps_up and needs.max_age is not None else ""),
            ("resource_metadata", resource_metadata or ""),
        ),
    )
