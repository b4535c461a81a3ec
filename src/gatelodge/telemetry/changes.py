"""The events of what operators change, and of what the server does by itself; `telemetry/events.py` lists them all."""

from dataclasses import dataclass
from typing import ClassVar

from gatelodge.telemetry.actor import ActorKind
from gatelodge.telemetry.event import Event, Level


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
class CustomSchemesPermitted(Event):
    """An operator let a native client be answered by schemes that no domain name stands behind."""

    schemes: str
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
class ClaimScopeAdded(Event):
    """A scope releases `claims` of people from now on."""

    scope: str
    claims: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimScopeRemoved(Event):
    """A scope releases nothing any more."""

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAdded(Event):
    """People may sign in with another provider."""

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEnabled(Event):
    """People may sign in with a provider again."""

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDisabled(Event):
    """Nobody signs in with a provider any more; who did stays signed in."""

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRemoved(Event):
    """A provider and its secret are gone; what people connected stays theirs."""

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerTrusted(Event):
    """What an issuer says of workloads is believed: clients may prove themselves by it."""

    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerDistrusted(Event):
    """What an issuer says of workloads is not believed any more."""

    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAdded(Event):
    """An account was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(Event):
    """An operator changed what is known of an account; `what` names members and claims, never what they say."""

    what: str


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
class AdminGranted(Event):
    """A person became an administrator of this server."""

    level: ClassVar[Level] = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRevoked(Event):
    """A person is no administrator any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Event):
    """The next signing key takes over, as an operator asked."""

    kid: str
    alg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKeyMade(Event):
    """A signing key was made where its algorithm had none: with the installation, the one that signs and the next."""

    by: ClassVar[ActorKind] = "server"
    kid: str
    alg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySucceeded(Event):
    """A next signing key was published, since the one before took over: `signing` signs now, empty if none does."""

    by: ClassVar[ActorKind] = "server"
    kid: str
    alg: str
    signing: str


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
