"""The events of tokens: issued, refreshed, brought again and revoked; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(Event):
    """Tokens were issued to a person; `grant` is the grant type, or `implicit` or `hybrid` for response types."""

    by: ClassVar[ActorKind] = "client"
    grant: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineTokenIssued(Event):
    """A machine got a token with client credentials."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefreshed(Event):
    """A refresh token was used and rotated; `repeated` when a lost answer was given again."""

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "debug"
    generation: int
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRepeatedElsewhere(Event):
    """The answer of a rotation was given again to another network than the one that rotated.

    A device that changed networks and had lost its answer does so, and a thief that follows its client closely.
    """

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "warning"
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReplayed(Event):
    """A spent authorization code came again: all tokens that descend from it were ended (RFC 6749 4.1.2)."""

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReplayed(Event):
    """An old refresh token came again: its whole family was ended (RFC 9700 4.14.2)."""

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "error"
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    """A token was revoked; `what` is `access_token` or `family`."""

    by: ClassVar[ActorKind] = "client"
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationIgnored(Event):
    """A client asked to revoke a token of another client: nothing ended, and it was not told so (RFC 7009 2.2)."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    what: str
