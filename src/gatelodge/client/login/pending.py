"""Sign-ins that were begun: kept here, bound to the browser that began them, and ended once.

A callback that fits none is told exactly why, since "state mismatch" alone has cost the world too many evenings.
"""

import hmac
from dataclasses import dataclass, field, replace

import msgspec

from gatelodge.client.errors import CallbackRejected
from gatelodge.client.keeping.contract import Row, StoreRefused
from gatelodge.client.keeping.sealed import TokenStore, digest
from gatelodge.client.login.visit import Visit
from gatelodge.client.messages.authorization import LIFETIME, Transaction
from gatelodge.client.messages.registration import Moment

MOST = 10_000  # sign-ins kept; the oldest are forgotten first
TOLD_APART = 86_400  # seconds a sign-in is remembered after its end, to say what became of it
TIDIED_EVERY = 50  # sign-ins that are begun

_KIND = "sign-in"


@dataclass(frozen=True, slots=True)
class Pending:
    """One sign-in: its transaction, the browser it is bound to, and where the person wanted to go.

    `browser` is a digest. `host` is the name under which the application was visited.
    """

    transaction: Transaction | None
    browser: str = field(repr=False)
    host: str
    next: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that is ours to end now."""

    transaction: Transaction
    next: str


class Pendings:
    """The sign-ins of an application, in a store that its processes share."""

    def __init__(self, store: TokenStore, moment: Moment) -> None:
        self._store = store
        self._moment = moment
        self._begun = 0

    def begin(self, transaction: Transaction, browser: str, visit: Visit, next_path: str) -> None:
        """Keep a sign-in for the browser that holds the secret `browser`."""
        self._tidy()
        pending = Pending(transaction, digest(browser), visit.host, next_path)
        expires_at = transaction.created_at + LIFETIME + TOLD_APART
        name, value = digest(transaction.state), msgspec.json.encode(pending)
        self._store.add(Row(kind=_KIND, name=name, value=value, expires_at=expires_at))

    def end(self, state: str, browser: str | None, visit: Visit) -> Begun:
        """Return the sign-in that `state` names, if this browser began it; nobody gets it again.

        Raises `CallbackRejected`.
        """
        row = self._find(state)
        if row is None:
            message = "this sign-in was not begun here, or by a process that does not share its store with this one"
            raise CallbackRejected("state_mismatch", message)
        pending = msgspec.json.decode(row.value, type=Pending)
        _check_browser(pending, browser, visit)
        if pending.transaction is None:
            raise _reused()
        if self._moment.now() >= pending.transaction.created_at + LIFETIME:
            raise CallbackRejected("expired", f"the sign-in was begun more than {LIFETIME // 60} minutes ago")
        spent = msgspec.json.encode(replace(pending, transaction=None))
        if not self._store.replace(replace(row, value=spent)):
            raise _reused()
        return Begun(pending.transaction, pending.next)

    def _find(self, state: str) -> Row | None:
        try:
            return self._store.find(_KIND, digest(state))
        except StoreRefused:  # the store's keys were changed
            return None

    def _tidy(self) -> None:
        """Whoever opens the sign-in page a million times fills no disk."""
        self._begun += 1
        if self._begun % TIDIED_EVERY == 1:
            self._store.rows.purge(self._moment.now())
            self._store.rows.trim(_KIND, MOST)


def _check_browser(pending: Pending, browser: str | None, visit: Visit) -> None:
    """Raise `CallbackRejected` for a browser that did not begin this sign-in: somebody else may have (login CSRF)."""
    if browser is not None and hmac.compare_digest(digest(browser), pending.browser):
        return
    if pending.host != visit.host:
        message = f"the sign-in was begun at {pending.host} and its answer came to {visit.host}: "
        raise CallbackRejected("other_host", message + "browsers keep the cookies of each apart, so use one name")
    if browser is None:
        message = "the browser did not bring back the cookie it was given when the sign-in was begun"
        raise CallbackRejected("cookie_missing", message)
    raise CallbackRejected("other_browser", "the sign-in was begun in another browser, or before cookies were deleted")


def _reused() -> CallbackRejected:
    message = "this answer was used before, in another tab, or by going back or reloading the page"
    return CallbackRejected("state_reused", message)
