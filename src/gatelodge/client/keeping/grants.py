"""What a store knows about a grant: the tokens of somebody who let this application act, under a name of its choice."""

import logging
from dataclasses import dataclass, replace

import msgspec

from gatelodge.client.errors import ServerUnavailable, TokenExpired
from gatelodge.client.keeping.contract import Row, StoreRefused
from gatelodge.client.keeping.sealed import TokenStore, digest
from gatelodge.client.keeping.times import LEASE, renew_at
from gatelodge.client.messages.registration import ClientConfig, Moment
from gatelodge.client.messages.tokens import Tokens

LOG = logging.getLogger("gatelodge.keeping")

SOON = 10  # seconds an access token that is handed out is good for, at least, if it lives that long


@dataclass(frozen=True, slots=True)
class KeptGrant:
    """Tokens under a name. `is_dead` if the server takes the refresh token no more: only the person can help."""

    name: str
    tokens: Tokens
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class LeasedGrant:
    """A grant that is ours alone to renew, until its lease ends. Each lease has a `holder` of its own."""

    grant: KeptGrant
    row: Row
    holder: str

    @property
    def was_tried(self) -> bool:
        """Whether the refresh token was presented before, and nobody heard what replaced it."""
        return self.row.attempts > 1


class Grants:
    """The grants of one client at one server, in a store that may hold those of others too."""

    def __init__(self, store: TokenStore, config: ClientConfig, moment: Moment) -> None:
        self._store = store
        self._issuer = config.issuer
        self._kind = "grant " + digest(config.issuer, config.client_id)
        self._moment = moment

    def keep(self, name: str, tokens: Tokens, until: int | None = None) -> None:
        """Keep tokens in the place of any others of that name; after `until` they are forgotten."""
        self._store.put(self._row(KeptGrant(name, tokens), expires_at=until))

    def find(self, name: str) -> KeptGrant | None:
        """Return a grant, `None` if there is none."""
        row = self._store.find(self._kind, digest(name))
        return None if row is None else _grant(row)

    def forget(self, name: str) -> KeptGrant | None:
        """Remove a grant and return it; the server is not told."""
        grant = self.find(name)
        self._store.rows.remove(self._kind, digest(name))
        return grant

    def good(self, name: str, refused: str | None = None) -> Tokens | None:
        """Return tokens that are good, `None` if they have to be renewed.

        `refused` is an access token that is not good, whatever it looks like. Raises `TokenExpired` if nothing can
        renew them, `ServerUnavailable` if that was tried in vain a moment ago.
        """
        return self._look(name, refused)[1]

    def take(self, name: str, refused: str | None = None) -> Tokens | LeasedGrant | None:
        """Return tokens that are good, or the grant to be renewed, or `None` if another is renewing it now."""
        row, good = self._look(name, refused)
        if good is not None:
            return good
        now = self._moment.now()
        holder = self._moment.token(16)
        leased = self._store.lease_one(row, holder, now, now + LEASE)
        return None if leased is None else LeasedGrant(_grant(leased), leased, holder)

    def _look(self, name: str, refused: str | None) -> tuple[Row, Tokens | None]:
        row, now = self._store.find(self._kind, digest(name)), self._moment.now()
        if row is None:
            raise TokenExpired("nothing is kept under that name")
        grant = _grant(row)
        if _is_good(grant.tokens, now) and grant.tokens.access_token != refused:
            return row, grant.tokens
        if not _is_renewable(grant):
            raise TokenExpired("the access token is over and nothing renews it: the person has to sign in again")
        if row.attempts and row.leased_until == 0 and now < (row.due_at or 0):  # it was put off
            raise ServerUnavailable(self._issuer, "renewing failed a moment ago", sent=False)
        return row, None

    def take_due(self) -> LeasedGrant | None:
        """Return the grant that has waited longest to be renewed, `None` if none has to be."""
        now, holder = self._moment.now(), self._moment.token(16)
        while True:
            try:
                row = self._store.lease(self._kind, holder, now, now + LEASE)
            except StoreRefused as refused:  # one row that does not open must not stand in the way of the others
                LOG.warning("a grant is not renewed any more: %s", refused)
                continue
            return None if row is None else LeasedGrant(_grant(row), row, holder)

    def hold_on(self, taken: LeasedGrant) -> None:
        """Keep what is being renewed, because somebody is still at it."""
        self._store.rows.extend(taken.holder, self._moment.now() + LEASE)

    def renewed(self, taken: LeasedGrant, tokens: Tokens) -> Tokens:
        """Keep what a grant was renewed to; if somebody else was faster, return what they kept."""
        kept = replace(tokens, refresh_token=tokens.refresh_token or taken.grant.tokens.refresh_token)
        if self._store.replace(self._row(replace(taken.grant, tokens=kept), taken.row)):
            return kept
        other = self.find(taken.grant.name)
        return kept if other is None else other.tokens

    def put_off(self, taken: LeasedGrant, until: int) -> None:
        """Let a grant rest until then, and nobody hold it."""
        self._store.rows.release(taken.row, taken.holder, until)

    def bury(self, taken: LeasedGrant) -> bool:
        """Keep that a grant is dead; `False` if somebody renewed it meanwhile."""
        left = replace(taken.grant.tokens, refresh_token=None)
        return self._store.replace(self._row(replace(taken.grant, tokens=left, is_dead=True), taken.row))

    def next_due(self) -> int | None:
        """Return when the next grant has to be renewed, `None` if none has to be."""
        return self._store.rows.next_due(self._kind)

    def purge(self) -> None:
        """Remove what has expired."""
        self._store.rows.purge(self._moment.now())

    def _row(self, grant: KeptGrant, old: Row | None = None, expires_at: int | None = None) -> Row:
        return Row(
            kind=self._kind,
            name=digest(grant.name),
            value=msgspec.json.encode(grant),
            generation=old.generation if old else 0,
            due_at=renew_at(grant.tokens, self._moment) if _is_renewable(grant) else None,
            expires_at=old.expires_at if old else expires_at,
        )


def _grant(row: Row) -> KeptGrant:
    return msgspec.json.decode(row.value, type=KeptGrant)


def _is_renewable(grant: KeptGrant) -> bool:
    return grant.tokens.refresh_token is not None and not grant.is_dead


def _is_good(tokens: Tokens, now: int) -> bool:
    lifetime = SOON if tokens.expires_at is None else tokens.expires_at - tokens.issued_at
    return not tokens.is_over(now, early=min(SOON, lifetime // 4))
