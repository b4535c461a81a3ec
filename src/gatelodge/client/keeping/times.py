"""When a grant is renewed, and how long is waited after a failure."""

from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.messages.registration import Moment
from gatelodge.client.messages.tokens import Tokens

EARLY = 60  # seconds before its end an access token is renewed
EARLIER = 60  # seconds more, at most, drawn for each: what was granted together is not renewed together
UNSAID = 300  # seconds until a token is renewed whose end the server did not say

# Whoever is killed while renewing is waited for this long. A server that answers the same refresh token again does so
# for some 30 seconds: it has to be presented again sooner than that.
LEASE = 10  # seconds
BEAT = 3.0  # seconds after which whoever still renews says so

OUTAGE = 60  # seconds between attempts, at most, while the server is down
TROUBLE = 300  # seconds between attempts, at most, when it refuses for other reasons


def renew_at(tokens: Tokens, moment: Moment) -> int:
    """Return when tokens are to be renewed: early, but never in the first half of their life."""
    now = moment.now()
    lifetime = UNSAID if tokens.expires_at is None else max(0, tokens.expires_at - now)
    return now + lifetime - min(EARLY + _drawn(moment, EARLIER), lifetime // 2)


def again_at(error: OAuthClientError, attempts: int, moment: Moment) -> int:
    """Return when to try again after the last of some attempts failed: later each time, as the server asked."""
    is_outage = isinstance(error, ServerUnavailable)
    pause = min(2 ** min(attempts, 16), OUTAGE if is_outage else TROUBLE)
    asked = (error.retry_after or 0) if isinstance(error, ServerUnavailable) else 0
    pause = max(pause, asked)
    return moment.now() + pause + _drawn(moment, pause // 2)


def _drawn(moment: Moment, most: int) -> int:
    """Return a random number from 0 to `most`."""
    return int.from_bytes(moment.entropy.bytes(4)) * (most + 1) >> 32
