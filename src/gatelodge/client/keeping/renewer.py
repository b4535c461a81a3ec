"""Keeps access tokens fresh, from threads: before they end, once for everybody, whatever happens in between.

One refresh is in flight for each grant, among all threads and processes that share a store: whoever holds the row's
lease presents the refresh token, everybody else waits for what it brings. A process that dies meanwhile loses its
lease; the next one presents the same token again, which a good server answers with the same successor.
"""

import logging
from threading import Event as Flag
from threading import Thread
from time import sleep
from types import TracebackType
from weakref import WeakValueDictionary

from gatelodge.client.client import OAuthClient
from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.forks import ForkedLock
from gatelodge.client.keeping.contract import StoreUnavailable
from gatelodge.client.keeping.events import Tell
from gatelodge.client.keeping.grants import Grants, KeptGrant, LeasedGrant
from gatelodge.client.keeping.reports import RenewalReports
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.messages.registration import Moment
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.sending.flight import Flight

POLL = 2.0  # seconds between two looks at what is due
GLANCE = 0.1  # seconds between two looks at what another process is renewing
PATIENCE = 30.0  # seconds another process is waited for
HANDS = 4  # grants renewed at a time, at most, in the background

LOG = logging.getLogger("gatelodge.keeping")


class Renewer:
    """The grants of one client. In a `with`, due ones are renewed in the background; without, when they are asked for.

    `tell` hears every `Renewed`, `Lost` and `Delayed`, from any thread. Whoever asks for tokens may get
    `TokenExpired`: the person has to sign in again; `ServerUnavailable`; and what the store raises.
    """

    def __init__(
        self, client: OAuthClient, store: TokenStore, tell: Tell | None = None, *, moment: Moment | None = None
    ) -> None:
        moment = moment or Moment()
        self._client = client
        self._clock = moment.clock
        self._grants = Grants(store, client.config, moment)
        self._reports = RenewalReports(self._grants, moment, tell)
        self._flights: WeakValueDictionary[str, Flight[Tokens]] = WeakValueDictionary()
        self._lock = ForkedLock()
        self._stopping = Flag()
        self._hands: list[Thread] = []

    def keep(self, name: str, tokens: Tokens, until: int | None = None) -> None:
        """Keep the tokens of a sign-in under a name, in the place of any others; after `until` they are forgotten."""
        self._grants.keep(name, tokens, until)

    def find(self, name: str) -> KeptGrant | None:
        """Return what is kept, as it is; `None` if nothing is."""
        return self._grants.find(name)

    def forget(self, name: str) -> KeptGrant | None:
        """Remove what is kept and return it. See `OAuthClient.revoke`, which tells the server."""
        return self._grants.forget(name)

    def access_token(self, name: str) -> str:
        """Return an access token that is good."""
        return self.tokens(name).access_token

    def tokens(self, name: str, refused: str | None = None) -> Tokens:
        """Return tokens that are good, after renewing them if they are not.

        `refused` is an access token that an API did not take, although it looks good.
        """
        return self._grants.good(name, refused) or self._flight(name).run(lambda: self._fetched(name, refused))

    def run_due(self) -> int:
        """Renew everything that is due, and return how many grants were; ends early if the server is down."""
        renewed = 0
        while (taken := self._grants.take_due()) is not None:
            try:
                self._carried_out(taken)
            except StoreUnavailable:
                raise
            except ServerUnavailable:
                break
            except OAuthClientError:  # the application was told; the others go on
                continue
            renewed += 1
        return renewed

    def __enter__(self) -> "Renewer":
        self._stopping.clear()
        self._hands = [Thread(target=self._work, name="gatelodge-renewer", daemon=True) for _ in range(HANDS)]
        for hand in self._hands:
            hand.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop after what is being renewed now."""
        self._stopping.set()
        for hand in self._hands:
            hand.join(PATIENCE)

    def _flight(self, name: str) -> Flight[Tokens]:
        with self._lock:
            return self._flights.setdefault(name, Flight[Tokens]())

    def _fetched(self, name: str, refused: str | None) -> Tokens:
        """Renew, or wait for whoever does."""
        for _ in range(int(PATIENCE / GLANCE)):
            match self._grants.take(name, refused):
                case Tokens() as good:
                    return good
                case LeasedGrant() as taken:
                    return self._carried_out(taken)
                case None:
                    sleep(GLANCE)
        raise ServerUnavailable(self._client.config.issuer, "another process has been renewing for long", sent=False)

    def _carried_out(self, taken: LeasedGrant) -> Tokens:
        """Present the refresh token. Whatever ends this early leaves the lease to run out."""
        held = taken.grant.tokens
        with self._reports.holding(taken):
            try:
                renewed = self._client.refresh(held.refresh_token or "", person=held.person)
            except OAuthClientError as error:
                return self._reports.fail(taken, error)
            return self._reports.succeed(taken, renewed)

    def _work(self) -> None:
        """Renew what is due until we are stopped, whatever fails meanwhile."""
        while not self._stopping.is_set():
            pause = POLL
            try:
                self.run_due()
                pause = self._pause()
            except Exception:
                LOG.exception("renewing in the background failed, and goes on")
            self._stopping.wait(pause)

    def _pause(self) -> float:
        """Return the seconds until the next grant is due; what is due already waits for a server that is down."""
        self._grants.purge()
        due = self._grants.next_due()
        ahead = POLL if due is None else float(due - self._clock.now())
        return ahead if 0 < ahead < POLL else POLL
