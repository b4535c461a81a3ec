"""Where the sample application hears that a session is over: it believes what the client library believes."""

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.errors import LogoutTokenRejected, OAuthClientError
from gatelodge.client.messages.registration import ClientConfig, Moment, SecretBasic
from gatelodge.client.sending.http import AsyncSend
from gatelodge.clock import Clock
from gatelodge.endpoints.request import Request
from gatelodge.playground.runs import Runs
from gatelodge.playground.sample import Sample
from gatelodge.playground.scenes.leaving import heard
from gatelodge.protocol.reply import NO_STORE, Reply


class Listening:
    """Hears logout tokens; `send` fetches the server's keys."""

    def __init__(self, sample: Sample, send: AsyncSend, runs: Runs, clock: Clock) -> None:
        client_id = sample.client_id(public=False)
        config = ClientConfig(issuer=sample.issuer, client_id=client_id, auth=SecretBasic(sample.secret))
        self._client = AsyncOAuthClient(config, send=send, moment=Moment(clock=clock))
        self._here = sample.hears_at
        self._runs = runs

    async def hear(self, request: Request) -> Reply:
        """Answer 200 to a logout token that is good, 400 to any other, 503 if that cannot be judged now (2.8)."""
        token = request.form.get("logout_token") or ""
        try:
            over = await self._client.read_logout_token(token)
        except LogoutTokenRejected:
            return Reply(400, NO_STORE)
        except OAuthClientError:
            return Reply(503, NO_STORE)
        self._runs.change_of(over.sid or "", lambda run: heard(run, self._here, token))
        return Reply(200, NO_STORE)
