"""Keeps access tokens fresh, from tasks: `renewer.py` with `await`. The store works in threads meanwhile."""

import asyncio
import logging
from asyncio import Task
from contextlib import suppress
from types import TracebackType
from weakref import WeakValueDictionary

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.forks import ForkedLock
from gatelodge.client.keeping.contract import StoreUnavailable
from gatelodge.client.keeping.events import Tell
from gatelodge.client.keeping.grants import Grants, KeptGrant, LeasedGrant
from gatelodge.client.keeping.renewer import GLANCE, HANDS, PATIENCE, POLL
from gatelodge.client.keeping.reports import RenewalReports
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.messages.registration import Moment
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.sending.flight import Flight
from gatelodge.client.sending.hands import WorkerThreads

LOG = logging.getLogger("gatelodge.keeping")

STORING = 16  # who waits for the store at a time; none of them waits for the server meanwhile


class AsyncRenewer:
    """The grants of one client. In an `async with`, due ones are renewed in the background; see `Renewer`.

    `tell` is called, not awaited, from any thread.
    """

    def __init__(
        self, client: AsyncOAuthClient, store: TokenStore, tell: Tell | None = None, *, moment: Moment | None = None
    ) -> None:
        moment = moment or Moment()
        self._client = client
        self._clock = moment.clock
        self._grants = Grants(store, client.config, moment)
        self._reports = RenewalReports(self._grants, moment, tell)
        self._flights: WeakValueDictionary[str, Flight[Tokens]] = WeakValueDictionary()
        self._lock = ForkedLock()
        self._storing = WorkerThreads(STORING)
        self._stopping = asyncio.Event()
        self._hands: list[Task[None]] = []

    async def keep(self, name: str, tokens: Tokens, until: int | None = None) -> None:
        """Keep the tokens of a sign-in under a name, in the place of any others; after `until` they are forgotten."""
        await self._storing(self._grants.keep, name, tokens, until)

    async def find(self, name: str) -> KeptGrant | None:
        """Return what is kept, as it is; `None` if nothing is."""
        return await self._storing(self._grants.find, name)

    async def forget(self, name: str) -> KeptGrant | None:
        """Remove what is kept and return it. See `AsyncOAuthClient.revoke`, which tells the server."""
        return await self._storing(self._grants.forget, name)

    async def access_token(self, name: str) -> str:
        """Return an access token that is good."""
        return (await self.tokens(name)).access_token

    async def tokens(self, name: str, refused: str | None = None) -> Tokens:
        """Return tokens that are good, after renewing them if they are not.

        `refused` is an access token that an API did not take, although it looks good.
        """
        good = await self._storing(self._grants.good, name, refused)
        return good or await self._flight(name).run_async(lambda: self._fetched(name, refused))

    async def run_due(self) -> int:
        """Renew everything that is due, and return how many grants were; ends early if the server is down."""
        renewed = 0
        while (taken := await self._storing(self._grants.take_due)) is not None:
            try:
                await self._carried_out(taken)
            except StoreUnavailable:
                raise
            except ServerUnavailable:
                break
            except OAuthClientError:  # the application was told; the others go on
                continue
            renewed += 1
        return renewed

    async def __aenter__(self) -> "AsyncRenewer":
        self._stopping.clear()
        self._hands = [asyncio.create_task(self._work()) for _ in range(HANDS)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop after what is being renewed now."""
        self._stopping.set()
        await asyncio.wait(self._hands, timeout=PATIENCE)

    def _flight(self, name: str) -> Flight[Tokens]:
        with self._lock:
            return self._flights.setdefault(name, Flight[Tokens]())

    async def _fetched(self, name: str, refused: str | None) -> Tokens:
        """Renew, or wait for whoever does."""
        for _ in range(int(PATIENCE / GLANCE)):
            match await self._storing(self._grants.take, name, refused):
                case Tokens() as good:
                    return good
                case LeasedGrant() as taken:
                    return await self._carried_out(taken)
                case None:
                    await asyncio.sleep(GLANCE)
        raise ServerUnavailable(self._client.config.issuer, "another process has been renewing for long", sent=False)

    async def _carried_out(self, taken: LeasedGrant) -> Tokens:
        """Present the refresh token. Whatever ends this early leaves the lease to run out."""
        held = taken.grant.tokens
        with self._reports.holding(taken):
            try:
                renewed = await self._client.refresh(held.refresh_token or "", person=held.person)
            except OAuthClientError as error:
                return await self._storing(self._reports.fail, taken, error)
            return await self._storing(self._reports.succeed, taken, renewed)

    async def _work(self) -> None:
        """Renew what is due until we are stopped, whatever fails meanwhile."""
        while not self._stopping.is_set():
            pause = POLL
            try:
                await self.run_due()
                pause = await self._storing(self._pause)
            except Exception:
                LOG.exception("renewing in the background failed, and goes on")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    def _pause(self) -> float:
        """Return the seconds until the next grant is due; what is due already waits for a server that is down."""
        self._grants.purge()
        due = self._grants.next_due()
        ahead = POLL if due is None else float(due - self._clock.now())
        return ahead if 0 < ahead < POLL else POLL
