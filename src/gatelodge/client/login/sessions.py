"""Who is signed in: kept in the store under the digest of a random id, of which the browser holds the only copy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gatelodge.client.keeping.contract import Row, StoreRefused
from gatelodge.client.keeping.sealed import TokenStore, digest
from gatelodge.client.messages.logout import LogoutToken
from gatelodge.client.messages.registration import ClientConfig, Moment


@dataclass(frozen=True, slots=True)
class User:
    """Who signed in, as one issuer says: `sub` means nothing without `issuer`. `claims` is all it said."""

    issuer: str
    sub: str
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What to find the person by, always the same: names and addresses change."""
        return self.issuer, self.sub

    @property
    def name(self) -> str:
        """What to call the person: the best the issuer says."""
        said = (self.claims.get(name) for name in ("name", "preferred_username", "email"))
        return next((one for one in said if isinstance(one, str) and one), self.sub)

    @property
    def email(self) -> str | None:
        """The address, if the issuer says that it was verified; nobody is to be found by any other."""
        email = self.claims.get("email")
        return email if isinstance(email, str) and self.claims.get("email_verified") is True else None


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in. `id_token` is what the server wants to see when it signs out."""

    name: str
    user: User
    id_token: str | None = field(repr=False)
    expires_at: int


class LoginSessions:
    """The sessions of one client at one server; `lifetime` is in seconds."""

    def __init__(self, store: TokenStore, config: ClientConfig, moment: Moment, lifetime: int) -> None:
        self._store = store
        self._issuer = config.issuer
        self._kind = "session " + digest(config.issuer, config.client_id)
        self._heard = "heard " + digest(config.issuer, config.client_id)
        self._moment = moment
        self._lifetime = lifetime

    def begin(self, user: User, id_token: str | None) -> tuple[str, Session]:
        """Sign somebody in; return the new id, which goes to the browser and nowhere else."""
        secret = self._moment.token()
        session = Session(digest(secret), user, id_token, self._moment.now() + self._lifetime)
        sid = user.claims.get("sid")
        row = Row(
            kind=self._kind,
            name=session.name,
            value=msgspec.json.encode(session),
            expires_at=session.expires_at,
            subject=digest(self._issuer, user.sub),
            sid=digest(self._issuer, sid) if isinstance(sid, str) else None,
        )
        self._store.put(row)
        return secret, session

    def find(self, secret: str | None) -> Session | None:
        """Return the session of an id, `None` if it is over or never was."""
        if secret is None:
            return None
        try:
            row = self._store.find(self._kind, digest(secret))
        except StoreRefused:  # the store's keys were changed
            return None
        if row is None or (row.expires_at or 0) <= self._moment.now():
            return None
        return msgspec.json.decode(row.value, type=Session)

    def end(self, session: Session) -> None:
        """Sign a browser out."""
        self._store.rows.remove(self._kind, session.name)

    def end_of(self, token: LogoutToken) -> list[str]:
        """Sign out whom a server's logout token names; return the names of their sessions."""
        subject, sid = (None if text is None else digest(self._issuer, text) for text in (token.sub, token.sid))
        return self._store.rows.remove_of(self._kind, subject, sid)

    def end_named(self, sid: str) -> list[str]:
        """Sign out the session that the server calls `sid`; return the names of our sessions of it."""
        return self._store.rows.remove_of(self._kind, None, digest(self._issuer, sid))

    def has_heard(self, token: LogoutToken) -> bool:
        """Whether a logout token was obeyed before: whoever repeats it later signs nobody out."""
        return self._store.rows.find(self._heard, digest(token.jti)) is not None

    def remember(self, token: LogoutToken) -> None:
        """Note that a logout token was obeyed."""
        self._store.add(Row(kind=self._heard, name=digest(token.jti), value=b"", expires_at=token.forget_at))
