"""The events of signing in and out, and of who is let in nowhere; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Event):
    """A person signed in; `sid` names the session that began."""

    by: ClassVar[ActorKind] = "person"
    amr: str
    sid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """A sign-in was refused. `user_id` is set when the account exists; what was typed is never kept."""

    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInThrottled(Event):
    """A sign-in was not even tried: too many failures.

    `bucket` says whose counter is full: `address`, `names` (of one address, too many), `account`, `browser` (a known
    one) or `browsers` (all known ones).
    """

    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangersFailed(Event):
    """`failures` sign-ins of strangers failed with one name within a day. Whose name it is, is told by mail."""

    by: ClassVar[ActorKind] = "stranger"
    level: ClassVar[Level] = "warning"
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(Event):
    """A person signed out, or a client signed them out."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRefused(Event):
    """Somebody who is signed in and no administrator asked for a page of administrators; `page` is its name."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    page: str
