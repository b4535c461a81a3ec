"""Guesses are counted before they are checked, so parallel ones are all counted (ASVS 6.3.1).

A stranger raises the counter of their address, then that of the names tried there, then that of the account, whose
windows grow as failures add up: a day of guessing is a hundred tries. A browser that is known to the account raises
its own and the one such browsers share, and none of the strangers': nobody who never signed in can lock an owner out
(ASVS 6.1.1). A counter that is full ends the attempt there and then, so a blocked address harms no account any more.

A right password takes back what its own attempt raised and clears the known browser's own counter. It leaves the rest:
signing in to an account of one's own never buys more guesses at another.

Counted is the name that was typed, in its canonical form, whether anybody has it or not. Were the user name and the
e-mail address of an account counted together, a stranger could fill the one and learn from the other that both exist
and belong together (ASVS 6.3.8). Counters are kept under an HMAC: what was typed cannot be read off them.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gatelodge.authn.names_tried import NamesTried
from gatelodge.config.policies import DAY, SignInPolicy
from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import StrangersFailedLetter
from gatelodge.mail.letters import Letters, addressee_of
from gatelodge.protocol.addresses import network_of, site_of
from gatelodge.stores import audit, throttle
from gatelodge.stores.throttle import Windows
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.events import Origin, StrangersFailed

Kind = Literal["address", "names", "account", "browser", "browsers", "person", "everywhere"]

_BROWSERS = 10  # known browsers of one account that may each fill their own counter before they share one
_SITE = 10  # networks of one IPv6 site, likewise
_GROWTH = (1, 4, 24, 96)


@dataclass(frozen=True, slots=True)
class Guess:
    """What is guessed, and from where. `subject` is the canonical name; `browser` is set if the account knows it."""

    factor: str
    subject: str
    browser: bytes | None
    address: str


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter and how far it may go. One that `grows` has longer windows as failures add up."""

    kind: Kind
    bucket: bytes
    limit: int
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Full:
    """A counter that ended an attempt. `first` for the first one it ended in its window; `retry_after` in seconds."""

    kind: Kind
    first: bool
    retry_after: int


class Throttle:
    """Counts attempts under `key`, as `policy` says; owners hear of strangers by `letters`."""

    def __init__(self, key: bytes, policy: SignInPolicy, letters: Letters) -> None:
        self._key = key
        self._policy = policy
        self._letters = letters

    async def admit(self, tx: Tx, attempt: Guess, now: int) -> Full | None:
        """Count the attempt; `None` if it may be tried. Commit this before the attempt is checked."""
        window = self._policy.window
        if attempt.browser is None:
            full = await admit(tx, self._of_networks(attempt), window, now)
            if full is not None:
                return full
            closed = await self._names(attempt).admit(tx, now)
            if closed is not None:
                return Full("names", first=closed[1], retry_after=closed[0])
        return await admit(tx, self._of_account(attempt), window, now)

    async def forgive(self, tx: Tx, attempt: Guess, now: int) -> None:
        """Take back what an admitted attempt raised, because it was right."""
        own, *others = self._of_account(attempt)
        if attempt.browser is None:
            await take_back(tx, (*self._of_networks(attempt), own))
            await self._names(attempt).forgive(tx, now)
        else:
            await throttle.clear(tx, own.bucket)
            await take_back(tx, others)

    async def failed(
        self, tx: Tx, attempt: Guess, user: UserRecord | None, origin: Origin, now: int
    ) -> StrangersFailed | None:
        """Note that an attempt was wrong; return what is told if its name's owner is to hear of strangers.

        Nobody's name takes as many statements as somebody's: in place of the letter a counter that nobody reads.
        """
        if attempt.browser is not None or not self._policy.tell_owner_after:
            return None
        counted = self._bucket("strangers", attempt.factor, attempt.subject)
        if await throttle.raise_count(tx, counted, now, DAY) != self._policy.tell_owner_after:
            return None
        event = StrangersFailed(user_id=user and user.id, failures=self._policy.tell_owner_after)
        await audit.record(tx, event, origin, now)
        if user is None or user.email is None or not user.enabled or not self._letters.are_sent:
            await throttle.raise_count(tx, self._bucket("nobody", attempt.factor, attempt.subject), now, DAY)
        else:
            letter = StrangersFailedLetter(at=now, failures=event.failures)
            await self._letters.put(tx, letter, addressee_of(user, user.email), f"{now // DAY}", now)
        return event

    def _of_account(self, attempt: Guess) -> tuple[Counter, ...]:
        most, who = self._policy.account_failures, (attempt.factor, attempt.subject)
        if attempt.browser is None:
            return (self._counter("account", most, *who, grows=True),)
        own = self._counter("browser", most, *who, attempt.browser.hex(), grows=True)
        return own, self._counter("browsers", most * _BROWSERS, *who)

    def _of_networks(self, attempt: Guess) -> tuple[Counter, ...]:
        most = self._policy.address_failures
        return tuple(self._counter("address", most * share, network) for network, share in networks(attempt.address))

    def _names(self, attempt: Guess) -> NamesTried:
        most, network = self._policy.network_names, network_of(attempt.address)
        counted = [(self._bucket("names", one), most * share) for one, share in networks(attempt.address)]
        return NamesTried(self._bucket("name", network, attempt.factor, attempt.subject), counted)

    def _counter(self, kind: Kind, limit: int, *counted: str, grows: bool = False) -> Counter:
        return Counter(kind, self._bucket(kind, *counted), limit, grows)

    def _bucket(self, *counted: str) -> bytes:
        return hmac.digest(self._key, "\0".join(counted).encode(), "sha256")


def networks(address: str) -> tuple[tuple[str, int], ...]:
    """Return the networks that an address is counted in, each with how many times as often it may fail."""
    site = site_of(address)
    return ((network_of(address), 1),) + (() if site is None else ((site, _SITE),))


async def admit(tx: Tx, counters: Iterable[Counter], window: int, now: int) -> Full | None:
    """Count an attempt in one counter after the other, until one is full; `None` if it may be tried.

    Commit this before the attempt is checked. `window` is in seconds.
    """
    for counter in counters:
        count = await _raise(tx, counter, window, now)
        if count > counter.limit:
            over = await throttle.resets_at(tx, counter.bucket, now)
            return Full(counter.kind, first=count == counter.limit + 1, retry_after=max(1, over - now))
    return None


async def take_back(tx: Tx, counters: Iterable[Counter]) -> None:
    """Take back what an admitted attempt raised."""
    for counter in counters:
        await throttle.lower_count(tx, counter.bucket)


async def _raise(tx: Tx, counter: Counter, window: int, now: int) -> int:
    if not counter.grows:
        return await throttle.raise_count(tx, counter.bucket, now, window)
    grown = tuple(min(window * times, DAY) for times in _GROWTH)
    return await throttle.raise_growing(tx, counter.bucket, now, Windows(counter.limit, grown))
