"""Guesses are counted before they are checked, so parallel ones are all counted (ASVS 6.3.1).

A stranger raises the counter of their address, then that of the account. A browser that is known to the account raises
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

from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Tx
from gatelodge.protocol.addresses import network_of
from gatelodge.stores import throttle

Kind = Literal["address", "account", "browser", "browsers", "person", "everywhere"]

_BROWSERS = 10  # known browsers of one account that may each fill their own counter before they share one


@dataclass(frozen=True, slots=True)
class Guess:
    """What is guessed, and from where. `subject` is the canonical name; `browser` is set if the account knows it."""

    factor: str
    subject: str
    browser: bytes | None
    address: str


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter and how far it may go."""

    kind: Kind
    bucket: bytes
    limit: int


@dataclass(frozen=True, slots=True)
class Full:
    """A counter that ended an attempt. `first` for the first one it ended in its window; `retry_after` in seconds."""

    kind: Kind
    first: bool
    retry_after: int


class Throttle:
    """Counts attempts under `key`, as `policy` says."""

    def __init__(self, key: bytes, policy: SignInPolicy) -> None:
        self._key = key
        self._policy = policy

    async def admit(self, tx: Tx, attempt: Guess, now: int) -> Full | None:
        """Count the attempt; `None` if it may be tried. Commit this before the attempt is checked."""
        return await admit(tx, self._counters(attempt), self._policy.window, now)

    async def forgive(self, tx: Tx, attempt: Guess) -> None:
        """Take back what an admitted attempt raised, because it was right."""
        for counter in self._counters(attempt):
            if counter.kind == "browser":
                await throttle.clear(tx, counter.bucket)
            else:
                await take_back(tx, (counter,))

    def _counters(self, attempt: Guess) -> tuple[Counter, ...]:
        account, by_address = self._policy.account_failures, self._policy.address_failures
        who = (attempt.factor, attempt.subject)
        if attempt.browser is not None:
            own = self._counter("browser", account, *who, attempt.browser.hex())
            return own, self._counter("browsers", account * _BROWSERS, *who)
        return self._counter("address", by_address, network_of(attempt.address)), self._counter(
            "account", account, *who
        )

    def _counter(self, kind: Kind, limit: int, *counted: str) -> Counter:
        return Counter(kind, hmac.digest(self._key, "\0".join((kind, *counted)).encode(), "sha256"), limit)


async def admit(tx: Tx, counters: Iterable[Counter], window: int, now: int) -> Full | None:
    """Count an attempt in one counter after the other, until one is full; `None` if it may be tried.

    Commit this before the attempt is checked. `window` is in seconds.
    """
    for counter in counters:
        count = await throttle.raise_count(tx, counter.bucket, now, window)
        if count > counter.limit:
            over = await throttle.resets_at(tx, counter.bucket, now)
            return Full(counter.kind, first=count == counter.limit + 1, retry_after=max(1, over - now))
    return None


async def take_back(tx: Tx, counters: Iterable[Counter]) -> None:
    """Take back what an admitted attempt raised."""
    for counter in counters:
        await throttle.lower_count(tx, counter.bucket)
