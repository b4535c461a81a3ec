"""The demo's web application hears from the server that a session is over (OpenID Connect Back-Channel Logout 1.0 2.5).

It does what any application does: it believes a logout token that our client library believes, and forgets whoever was
there.
"""

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.errors import LogoutTokenRejected, OAuthClientError
from gatelodge.client.messages.registration import ClientConfig, SecretBasic
from gatelodge.client.sending.http import AsyncSend
from gatelodge.demo.data import SECRETS
from gatelodge.demo.pages.visits import Visits
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import NO_STORE, Reply

CLIENT_ID = "demo-web"


class LeavingDemo:
    """Where `demo-web` is told that somebody signed out; `send` reaches the server."""

    def __init__(self, issuer: str, send: AsyncSend, visits: Visits) -> None:
        config = ClientConfig(issuer=issuer, client_id=CLIENT_ID, auth=SecretBasic(SECRETS[CLIENT_ID]))
        self._client = AsyncOAuthClient(config, send=send)
        self._visits = visits

    async def hear(self, request: Request) -> Reply:
        """Answer 200 to a logout token that is good, 400 to any other, 503 if that cannot be judged now (2.8)."""
        try:
            over = await self._client.read_logout_token(request.form.get("logout_token") or "")
        except LogoutTokenRejected:
            return Reply(400, NO_STORE)
        except OAuthClientError:
            return Reply(503, NO_STORE)
        self._visits.end(over.sid or "")
        return Reply(200, NO_STORE)
