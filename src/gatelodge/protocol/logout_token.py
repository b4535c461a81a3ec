"""What a client is told when a session is over (OpenID Connect Back-Channel Logout 1.0 2.4)."""

from dataclasses import dataclass
from typing import Any

TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = 120  # seconds: as long as is recommended at most


@dataclass(frozen=True, slots=True)
class EndedSession:
    """That a session of the person `subject` is over, told to one client; `sid` is what its ID tokens called it.

    `jti` is random and another one each time it is told. Without `subject` it can be of no other session of the same
    person: some libraries end all of them where both are named.
    """

    issuer: str
    client_id: str
    subject: str | None
    sid: str
    jti: str


def logout_token_claims(ended: EndedSession, now: int) -> dict[str, Any]:
    """Return the claims of a logout token made at `now`. There is never a nonce: it could pass for an ID token."""
    whose = {} if ended.subject is None else {"sub": ended.subject}
    return {
        "iss": ended.issuer,
        "aud": ended.client_id,
        **whose,
        "sid": ended.sid,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": ended.jti,
        "events": {EVENT: {}},
    }
