"""Every event of this product, the only list. Names are stable: they are what the audit trail and the log search by.

An event is a frozen dataclass. Its fields never hold a secret, a token or what a person typed. `audited` events are
written to the audit trail in the transaction they tell of; every event is logged and counted.
"""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.event import Event as Event
from gatelodge.telemetry.event import Level as Level
from gatelodge.telemetry.event import Origin as Origin

# Signing in and out


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Event):
    """A person signed in."""

    amr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """A sign-in was refused. `user_id` is set when the account exists; what was typed is never kept."""

    level: ClassVar[Level] = "warning"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInThrottled(Event):
    """A sign-in was not even tried: too many failures.

    `bucket` says whose counter is full: `address`, `account`, `browser` (a known one) or `browsers` (all known ones).
    """

    level: ClassVar[Level] = "warning"
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(Event):
    """A person signed out, or a client signed him out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A person allowed a client what `scope` names."""

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDenied(Event):
    """A person refused a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    """What a person had allowed a client was taken back; every token it had by it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationAnswered(Event):
    """An authorization request got what `response_type` names: a code, for legacy types also tokens."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"
    response_type: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """A request was refused; `rule` is the check, `error` the code that was said."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    error: str
    rule: str = ""
    endpoint: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyUsed(Event):
    """A legacy grant or response type that OAuth 2.1 removed was used."""

    level: ClassVar[Level] = "warning"
    what: str


# Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(Event):
    """Tokens were issued to a person; `grant` is the grant type, or `implicit` or `hybrid` for response types."""

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

    level: ClassVar[Level] = "debug"
    generation: int
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReplayed(Event):
    """A spent authorization code came again: all tokens that descend from it were ended (RFC 6749 4.1.2)."""

    level: ClassVar[Level] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReplayed(Event):
    """An old refresh token came again: its whole family was ended (RFC 9700 4.14.2)."""

    level: ClassVar[Level] = "error"
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    """A token was revoked; `what` is `access_token` or `family`."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAuthFailed(Event):
    """A client could not prove who it is."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "warning"
    method: str
    reason: str


# What operators change


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAdded(Event):
    """A client was registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChanged(Event):
    """A client's registration changed; `what` names the members."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PkceExempted(Event):
    """An operator exempted a confidential client from PKCE."""

    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecretRotated(Event):
    """A client got a new secret; the old one works for `overlap` more seconds."""

    overlap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEnabled(Event):
    """A client may act again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDisabled(Event):
    """A client may not act any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRemoved(Event):
    """A client and everything it held is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAdded(Event):
    """An API was registered."""

    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiEnabled(Event):
    """Tokens for an API are made again."""

    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDisabled(Event):
    """No more tokens are made for an API; its scopes stay its own."""

    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRemoved(Event):
    """An API is gone."""

    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAdded(Event):
    """An account was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSet(Event):
    """An account's password was set; its sessions and refresh tokens ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEnabled(Event):
    """An account may sign in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(Event):
    """An account may not sign in; its sessions and refresh tokens ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRemoved(Event):
    """An account and everything it held is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Event):
    """A signing key became active and a next one was made."""

    kid: str
    alg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRetired(Event):
    """A signing key signs no more."""

    kid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysResealed(Event):
    """The secret key changed: what an older one had sealed was sealed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysUnreadable(Event):
    """Signing keys changed and this process, whose secret key is an old one, goes on with those it has."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRenewed(Event):
    """A new epoch began: every code, refresh token, opaque token and session of before is refused."""

    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged(Event):
    """Expired rows were removed."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"
    table: str
    rows: int
