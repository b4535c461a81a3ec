"""What another provider is to this server: somewhere to send a browser, and a word about somebody that was proven.

A kind of provider is one file of this room and one line in its `__init__`. It knows the quirks of that provider; what
is common to all stands around it: the parked state, whose account it is, the session (RFC 9700 4.4, ASVS 6.8).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gatelodge.client.messages.authorization import Authorization, Transaction
from gatelodge.client.messages.registration import Moment
from gatelodge.client.sending.http import AsyncSend
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity
from gatelodge.protocol.rules import Rule

Cause = Literal["unavailable", "declined", "rejected", "not_welcome", "taken"]


class UpstreamFailed(Exception):
    """A sign-in with another provider came to nothing.

    `cause` is what the person is told: it does not answer, it or the person said no, its answer is not to be believed,
    it is nobody this server lets in, or somebody
    else's account. `reason` is for the operator's log, and `rule` the check that refused it.
    """

    def __init__(self, cause: Cause, reason: str, rule: Rule | None = None) -> None:
        super().__init__(reason)
        self.cause: Cause = cause
        self.reason = reason
        self.rule = rule


class ProviderUnusable(ValueError):
    """A provider cannot be used as it is configured; the message says what to change."""


@dataclass(frozen=True, slots=True)
class UpstreamLine:
    """How a provider is reached: what sends, when it is, where answers come (`redirect_uri`)."""

    send: AsyncSend
    moment: Moment
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser is sent for. `fresh`: the person is to prove themselves anew, even if they are signed in there."""

    login_hint: str = ""
    fresh: bool = False
    ui_locales: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back from a provider, and the refresh token it gave, if there is one."""

    identity: UpstreamIdentity
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UpstreamLogout:
    """Who signed out at a provider: of the session `sid` there, or of all. `token_id` counts once until `forget_at`."""

    issuer: str
    subject: str
    sid: str | None
    token_id: str
    forget_at: int


class Upstream(ABC):
    """One provider of one server."""

    @abstractmethod
    async def look(self) -> None:
        """Fetch what must be known of it and keep it. Raises `OAuthClientError`."""

    @abstractmethod
    def begin(self, errand: Errand) -> Authorization:
        """Return where to send the browser, from what is known: nobody waits. Raises `UpstreamFailed`."""

    @abstractmethod
    def address(self, transaction: Transaction, errand: Errand) -> str:
        """Return the same address for a transaction that got another `state`."""

    @abstractmethod
    async def finish(self, transaction: Transaction, answer: Params) -> Arrival:
        """Return who came back. Raises `UpstreamFailed`; nothing of an answer that is not to be believed is used."""

    @abstractmethod
    async def renew(self, refresh_token: str) -> str:
        """Return the refresh token that takes the place of this one, perhaps the same (RFC 6749 6).

        Raises `OAuthClientError`: of a `TokenRefused` `error` says whether it is over. Raises `UpstreamFailed`.
        """

    @abstractmethod
    async def read_logout(self, token: str) -> UpstreamLogout:
        """Return whose sessions end, as a provider says. Raises `OAuthClientError` or `UpstreamFailed`."""

    @abstractmethod
    def lacks(self) -> Sequence[str]:
        """Return in words what of it will not work here, after `look`."""


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """A kind of provider, with what is usual for its button and its word on addresses.

    `check` raises `ProviderUnusable` for one that cannot be used, given its secret. `open` makes one of it.
    `posts_back` says that its answer is a form from another site.
    """

    name: str
    label: str
    trusts_address: bool
    check: Callable[[Provider, str], None]
    open: Callable[[Provider, str, UpstreamLine], Upstream]
    posts_back: bool = False
