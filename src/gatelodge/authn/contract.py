"""What a way to sign in is: it reads its own form and answers with a `Proof`. Everything else is the pipeline's.

The sign-in page has already found out what the sign-in is for and made sure that the form is ours, and afterwards
decides whether the proof is enough, begins the session and leads back; so a way cannot forget any of it. A refusal
tells the person nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.throttle import Throttle
from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.protocol.assurance import Factor, Proof
from gatelodge.protocol.params import Params
from gatelodge.telemetry.events import Origin

TEMPLATES = Path(__file__).parent / "templates"


class SignInRefused(Exception):
    """A sign-in was refused. It carries no reason: unknown, wrong and disabled are one answer (ASVS 6.3.8)."""


class Throttled(SignInRefused):
    """A sign-in was not tried: too many failures. Say 429 and `Retry-After`, for unknown accounts, too."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Equipment:
    """What ways to sign in work with."""

    db: Database
    clock: Clock
    passwords: PasswordPool
    throttle: Throttle
    known: KnownBrowsers


@dataclass(frozen=True, slots=True)
class SignInVisit:
    """Somebody at the page of a way.

    `form` is what they sent and empty when they come. `hint` is whom the client expects (`login_hint`), `known` the
    value of the `KNOWN` cookie.
    """

    origin: Origin
    form: Params = field(repr=False)
    hint: str = ""
    known: str | None = field(default=None, repr=False)


class Way(ABC):
    """What a person can do to prove who they are, with the page where they do it.

    `name` is the kind of its proofs, `acr` the level they reach, `begins` whether a sign-in can begin with it. `path`
    is where its page is, below the issuer; the first way of the list is at `/login`. `template` is a file in
    `templates` (without `.html`) that extends `sign_in.html`. `entry` are the words by which the pages of other ways
    lead to it.
    """

    name: ClassVar[str]
    acr: ClassVar[str]
    begins: ClassVar[bool] = True
    path: ClassVar[str]
    entry: ClassVar[str]
    template: ClassVar[str]
    templates: ClassVar[Path] = TEMPLATES

    @classmethod
    @abstractmethod
    def open(cls, equipment: Equipment) -> Self:
        """Return it for one server."""

    @classmethod
    def factor(cls) -> Factor:
        """Return what the policy knows of it."""
        return Factor(cls.name, cls.acr, cls.begins)

    @abstractmethod
    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        """Return what its template is given: when somebody comes, and again when they were refused."""

    @abstractmethod
    async def prove(self, visit: SignInVisit) -> Proof:
        """Return what was proven with the form. Raises `SignInRefused`, `Throttled`, which is one, or `Unavailable`."""

    @abstractmethod
    async def has_enrolled(self, tx: Tx, user_id: int) -> bool:
        """Whether this person can prove anything in this way."""
