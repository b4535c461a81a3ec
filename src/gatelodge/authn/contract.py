"""What a way to sign in is: it reads its own form and answers with a `Proof`. Everything else is the pipeline's.

The sign-in page has already found out what the sign-in is for, how far it has come, and made sure that the form is
ours, and afterwards decides what is next, begins the session and leads back; so a way cannot forget any of it. A
refusal tells the person nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gatelodge.authn.enrolment import Enrolment
from gatelodge.authn.federation.sign_ins import UpstreamSignIns
from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.own_routes import OwnRoute
from gatelodge.authn.throttle import Throttle
from gatelodge.authn.visit import TEMPLATES as TEMPLATES
from gatelodge.authn.visit import SignInRefused as SignInRefused
from gatelodge.authn.visit import SignInVisit as SignInVisit
from gatelodge.authn.visit import Throttled as Throttled
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.proof import KNOWN, ONE, Proof, Thing
from gatelodge.protocol.reply import Reply


@dataclass(frozen=True, slots=True)
class Equipment:
    """What ways to sign in work with: the foundation, and what they share."""

    on: Foundation
    passwords: PasswordPool
    throttle: Throttle
    known: KnownBrowsers
    upstream: UpstreamSignIns


class Way(ABC):
    """What a person can do to prove who they are, with the page where they do it.

    `name` is the kind of its proofs. `shows` and `level` are what they are worth at best (`protocol/proof.py`),
    `begins` says whether a sign-in can begin with it; otherwise who it is about is known before, by `visit.person`.
    Whoever has one that `guards` is asked for two kinds of proof at every sign-in. It is `own` unless another server
    says who it is.

    `path` is where its page is, below the issuer; the first way of the list is at `/login`. `template` is a file in
    `templates` (without `.html`) that extends `sign_in.html`. `entry` are the words by which the pages of other ways
    lead to it. `beside`, if not empty, is a template of the same folder that is shown on those pages in place of the
    link: it is given what `show` returns, as `beside`. `scripts` says whether any of the two runs scripts.
    """

    name: str
    shows: frozenset[Thing] = KNOWN
    level: str = ONE
    begins: bool = True
    guards: bool = False
    own: bool = True
    path: str
    entry: str
    template: str
    templates: Path = TEMPLATES
    beside: str = ""
    scripts: bool = False

    @classmethod
    @abstractmethod
    def open(cls, equipment: Equipment) -> Sequence[Self]:
        """Return it for one server: as often as it is there, each with its own `name` and `path`, or not at all."""

    @property
    def factor(self) -> Factor:
        """What the policy knows of it."""
        enrols = self.enrolment is not None and self.enrolment.in_sign_in
        return Factor(self.name, self.begins, self.shows, self.level, self.guards, enrols, self.own)

    @property
    def enrolment(self) -> Enrolment | None:
        """How somebody comes to have it by themselves, and loses it again; `None` if they cannot."""
        return None

    @property
    def routes(self) -> Sequence[OwnRoute]:
        """What else it answers, besides its page."""
        return ()

    @abstractmethod
    async def show(self, visit: SignInVisit) -> Mapping[str, object] | Reply:
        """Return what its template is given, when somebody comes and again when they were refused; or where else they
        are sent in place of the page."""

    @abstractmethod
    async def prove(self, visit: SignInVisit) -> Proof:
        """Return what was proven with the form. Raises `SignInRefused`, `Throttled`, which is one, or `Unavailable`."""

    async def afterwards(self, user_id: int, cookies: Mapping[str, str]) -> str:
        """Return the path of a page that this person is shown once they are signed in, in whatever way, before they are
        led on, with what finds the sign-in's context as its query; empty if there is none. `cookies` are the browser's.
        """
        del user_id, cookies
        return ""

    @abstractmethod
    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        """Return what this person can prove in this way at best: often `self.factor`; `None` if nothing."""
