"""What follows from the end of a renewal, however it was carried out."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from gatelodge.client.errors import OAuthClientError, TokenExpired, TokenRefused
from gatelodge.client.keeping.contract import StoreUnavailable
from gatelodge.client.keeping.events import Delayed, Event, Lost, Renewed, Tell
from gatelodge.client.keeping.grants import Grants, LeasedGrant
from gatelodge.client.keeping.times import BEAT, again_at
from gatelodge.client.messages.registration import Moment
from gatelodge.client.messages.tokens import Tokens

LOG = logging.getLogger("gatelodge.keeping")


class RenewalReports:
    """Files how renewals ended, and tells the application."""

    def __init__(self, grants: Grants, moment: Moment, tell: Tell | None) -> None:
        self._grants = grants
        self._moment = moment
        self._tell = tell

    def succeed(self, taken: LeasedGrant, tokens: Tokens) -> Tokens:
        """Keep new tokens and return what is kept."""
        kept = self._grants.renewed(taken, tokens)
        self._say(Renewed(taken.grant.name))
        return kept

    def fail(self, taken: LeasedGrant, error: OAuthClientError) -> Tokens:
        """Bury the grant or put it off. Returns tokens if somebody else has renewed it; else raises.

        Raises `TokenExpired` for a dead grant, otherwise `error`.
        """
        if not isinstance(error, TokenRefused) or error.error != "invalid_grant":
            until = again_at(error, taken.row.attempts, self._moment)
            self._grants.put_off(taken, until)
            self._say(Delayed(taken.grant.name, error, until))
            raise error
        if self._grants.bury(taken):
            self._say(Lost(taken.grant.name, error, answer_was_lost=taken.was_tried))
            raise TokenExpired("the refresh token is dead: the person has to sign in again") from error
        other = self._grants.find(taken.grant.name)
        if other is None or other.is_dead:
            raise TokenExpired("the grant is gone: the person has to sign in again") from error
        return other.tokens

    @contextmanager
    def holding(self, taken: LeasedGrant) -> Generator[None]:
        """Keep a lease while the grant is renewed inside; whoever dies there keeps it no longer."""
        done = Flag()

        def beat() -> None:
            while not done.wait(BEAT):
                try:
                    self._grants.hold_on(taken)
                except StoreUnavailable as failure:
                    LOG.warning("a lease could not be extended: %s", failure)

        Thread(target=beat, name="gatelodge-lease", daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def _say(self, event: Event) -> None:
        """Tell the application; its mistakes are its own and stop nothing here."""
        LOG.info("%s: %s", type(event).__name__.lower(), event.name)
        if self._tell is not None:
            try:
                self._tell(event)
            except Exception:
                LOG.exception("the application failed when it was told of %s", type(event).__name__)
