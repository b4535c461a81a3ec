"""Every event of this product, the only list. Names are stable: they are what the audit trail and the log search by.

An event is a frozen dataclass. Its fields never hold a secret, a token or what a person typed. `audited` events are
written to the audit trail in the transaction they tell of; every event is logged and counted.
What operators change is in `telemetry/changes.py`, what is delivered in `telemetry/deliveries.py`, what people do with
their own accounts in `telemetry/personal.py`.
"""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import SERVER as SERVER
from gatelodge.telemetry.actor import Actor as Actor
from gatelodge.telemetry.actor import ActorKind as ActorKind
from gatelodge.telemetry.changes import AdminGranted as AdminGranted
from gatelodge.telemetry.changes import AdminRevoked as AdminRevoked
from gatelodge.telemetry.changes import ApiAdded as ApiAdded
from gatelodge.telemetry.changes import ApiDisabled as ApiDisabled
from gatelodge.telemetry.changes import ApiEnabled as ApiEnabled
from gatelodge.telemetry.changes import ApiRemoved as ApiRemoved
from gatelodge.telemetry.changes import ClaimScopeAdded as ClaimScopeAdded
from gatelodge.telemetry.changes import ClaimScopeRemoved as ClaimScopeRemoved
from gatelodge.telemetry.changes import ClientAdded as ClientAdded
from gatelodge.telemetry.changes import ClientChanged as ClientChanged
from gatelodge.telemetry.changes import ClientDisabled as ClientDisabled
from gatelodge.telemetry.changes import ClientEnabled as ClientEnabled
from gatelodge.telemetry.changes import ClientRemoved as ClientRemoved
from gatelodge.telemetry.changes import ClientSecretRotated as ClientSecretRotated
from gatelodge.telemetry.changes import CustomSchemesPermitted as CustomSchemesPermitted
from gatelodge.telemetry.changes import EpochRenewed as EpochRenewed
from gatelodge.telemetry.changes import FirstKeyMade as FirstKeyMade
from gatelodge.telemetry.changes import IssuerDistrusted as IssuerDistrusted
from gatelodge.telemetry.changes import IssuerTrusted as IssuerTrusted
from gatelodge.telemetry.changes import KeyRetired as KeyRetired
from gatelodge.telemetry.changes import KeyRotated as KeyRotated
from gatelodge.telemetry.changes import KeysResealed as KeysResealed
from gatelodge.telemetry.changes import KeySucceeded as KeySucceeded
from gatelodge.telemetry.changes import KeysUnreadable as KeysUnreadable
from gatelodge.telemetry.changes import PasswordSet as PasswordSet
from gatelodge.telemetry.changes import PkceExempted as PkceExempted
from gatelodge.telemetry.changes import ProviderAdded as ProviderAdded
from gatelodge.telemetry.changes import ProviderDisabled as ProviderDisabled
from gatelodge.telemetry.changes import ProviderEnabled as ProviderEnabled
from gatelodge.telemetry.changes import ProviderRemoved as ProviderRemoved
from gatelodge.telemetry.changes import Purged as Purged
from gatelodge.telemetry.changes import UserAdded as UserAdded
from gatelodge.telemetry.changes import UserChanged as UserChanged
from gatelodge.telemetry.changes import UserDisabled as UserDisabled
from gatelodge.telemetry.changes import UserEnabled as UserEnabled
from gatelodge.telemetry.changes import UserRemoved as UserRemoved
from gatelodge.telemetry.client_proofs import ClientAuthFailed as ClientAuthFailed
from gatelodge.telemetry.client_proofs import ClientAuthThrottled as ClientAuthThrottled
from gatelodge.telemetry.deliveries import Delivered as Delivered
from gatelodge.telemetry.deliveries import DeliveryDelayed as DeliveryDelayed
from gatelodge.telemetry.deliveries import DeliveryGivenUp as DeliveryGivenUp
from gatelodge.telemetry.deliveries import ParcelDropped as ParcelDropped
from gatelodge.telemetry.deliveries import ParcelRetried as ParcelRetried
from gatelodge.telemetry.devices import DeviceAllowed as DeviceAllowed
from gatelodge.telemetry.devices import DeviceCodeRepeated as DeviceCodeRepeated
from gatelodge.telemetry.devices import DeviceCodesGuessed as DeviceCodesGuessed
from gatelodge.telemetry.devices import DeviceCodeShown as DeviceCodeShown
from gatelodge.telemetry.devices import DeviceRefused as DeviceRefused
from gatelodge.telemetry.entering import AccountRecovered as AccountRecovered
from gatelodge.telemetry.entering import EmailChangeAsked as EmailChangeAsked
from gatelodge.telemetry.entering import EmailChanged as EmailChanged
from gatelodge.telemetry.entering import EmailChangeUndone as EmailChangeUndone
from gatelodge.telemetry.entering import Invited as Invited
from gatelodge.telemetry.entering import PasswordRecovered as PasswordRecovered
from gatelodge.telemetry.entering import RecoveryAsked as RecoveryAsked
from gatelodge.telemetry.entering import RecoveryBegun as RecoveryBegun
from gatelodge.telemetry.entering import RecoveryStopped as RecoveryStopped
from gatelodge.telemetry.entering import Registered as Registered
from gatelodge.telemetry.entering import RegistrationAsked as RegistrationAsked
from gatelodge.telemetry.event import Event as Event
from gatelodge.telemetry.event import Level as Level
from gatelodge.telemetry.exchanges import Impersonated as Impersonated
from gatelodge.telemetry.exchanges import TokenExchanged as TokenExchanged
from gatelodge.telemetry.exchanges import WorkloadTokenIssued as WorkloadTokenIssued
from gatelodge.telemetry.factors import BrowserDistrusted as BrowserDistrusted
from gatelodge.telemetry.factors import BrowserTrusted as BrowserTrusted
from gatelodge.telemetry.factors import FactorAdded as FactorAdded
from gatelodge.telemetry.factors import FactorClosed as FactorClosed
from gatelodge.telemetry.factors import FactorOpened as FactorOpened
from gatelodge.telemetry.factors import FactorRemoved as FactorRemoved
from gatelodge.telemetry.factors import RecoveryCodesMade as RecoveryCodesMade
from gatelodge.telemetry.factors import RecoveryCodeUsed as RecoveryCodeUsed
from gatelodge.telemetry.factors import SecondFactorReset as SecondFactorReset
from gatelodge.telemetry.origin import Origin as Origin
from gatelodge.telemetry.passkeys import PasskeyAdded as PasskeyAdded
from gatelodge.telemetry.passkeys import PasskeyCounterRegressed as PasskeyCounterRegressed
from gatelodge.telemetry.passkeys import PasskeyNotAdded as PasskeyNotAdded
from gatelodge.telemetry.passkeys import PasskeyRemoved as PasskeyRemoved
from gatelodge.telemetry.passkeys import PasskeyRenamed as PasskeyRenamed
from gatelodge.telemetry.personal import DataTaken as DataTaken
from gatelodge.telemetry.personal import DeletionAsked as DeletionAsked
from gatelodge.telemetry.personal import DeletionStopped as DeletionStopped
from gatelodge.telemetry.personal import PasswordChanged as PasswordChanged
from gatelodge.telemetry.personal import ProfileChanged as ProfileChanged
from gatelodge.telemetry.personal import SessionEnded as SessionEnded
from gatelodge.telemetry.personal import SignInDisowned as SignInDisowned
from gatelodge.telemetry.refused import AnswerAwaited as AnswerAwaited
from gatelodge.telemetry.refused import RequestRefused as RequestRefused
from gatelodge.telemetry.upstream import AccountReclaimed as AccountReclaimed
from gatelodge.telemetry.upstream import Linked as Linked
from gatelodge.telemetry.upstream import Unlinked as Unlinked
from gatelodge.telemetry.upstream import UpstreamRefused as UpstreamRefused
from gatelodge.telemetry.upstream import UpstreamSignedIn as UpstreamSignedIn
from gatelodge.telemetry.upstream import UpstreamSignedOut as UpstreamSignedOut
from gatelodge.telemetry.upstream import UpstreamTokenLost as UpstreamTokenLost

# Signing in and out


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A person allowed a client what `scope` names."""

    by: ClassVar[ActorKind] = "person"
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDenied(Event):
    """A person refused a client."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    """What a person had allowed a client was taken back; every token it had by it ended."""

    by: ClassVar[ActorKind] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPushed(Event):
    """A client pushed an authorization request, for a browser to bring its name."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationAnswered(Event):
    """An authorization request got what `response_type` names: a code, for legacy types also tokens."""

    audited: ClassVar[bool] = False
    level: ClassVar[Level] = "debug"
    response_type: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyUsed(Event):
    """A legacy grant or response type that OAuth 2.1 removed was used."""

    by: ClassVar[ActorKind] = "client"
    level: ClassVar[Level] = "warning"
    what: str


# Tokens


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
