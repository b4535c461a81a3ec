"""How somebody comes to have a way to sign in, and loses it: in a sign-in that demands it, and on their account page.

Whoever calls has made sure who it is, that they proved it just now, and that the form is ours. What is changed here is
in the audit trail, and told to the person.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gatelodge.authn.visit import KnownPerson, ThisBrowser
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.proof import Proof
from gatelodge.telemetry.events import Origin

PATH = "/login/set-up"  # the pages of enrolments within a sign-in are below it, by the names of their ways


class EnrolmentRefused(Exception):
    """Nothing was enrolled or removed. `problem` is a word that the template knows; `wrong`, if no other."""

    def __init__(self, problem: str = "wrong") -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class EnrolVisit:
    """Somebody who may change how they sign in. `form` is what they sent and empty when they come.

    `endings` is how often all that they hold had ended when they were found: see `Occasion`.
    """

    origin: Origin
    browser: ThisBrowser
    person: KnownPerson
    form: Params = field(default=EMPTY, repr=False)
    locale: str | None = None
    endings: int | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What somebody just got. `proof` counts in the sign-in that demanded it, if that proves anything.

    `once` is given to the template `told`, if there is one: what is shown this one time, before they go on.
    """

    proof: Proof | None
    told: str = ""
    once: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing of this kind that somebody has, as their account page lists it. Times are seconds since 1970.

    `id` names it in the form that removes it; what may be removed is looked up again, among this person's own. `name`
    is theirs, and empty if it has none. `notes` are words that the template knows, such as `synced`.
    """

    id: str
    name: str
    created_at: int
    used_at: int | None = None
    notes: tuple[str, ...] = ()


class Enrolment(ABC):
    """`template` (in `templates`, without `.html`) is given what `offer` returns, and extends `enrol.html`.

    `title` are the words above it and on the account page, `words` what leads there. `most` is how many a person may
    have. `in_sign_in` says whether it is offered to somebody who must have another kind of proof, `scripts` whether its
    page runs scripts.
    """

    title: str
    words: str
    template: str
    templates: Path
    most: int = 1
    in_sign_in: bool = True
    scripts: bool = False

    @abstractmethod
    async def offer(self, visit: EnrolVisit) -> Mapping[str, object]:
        """Return what its template is given: when somebody comes, and again when nothing was enrolled."""

    @abstractmethod
    async def enrol(self, visit: EnrolVisit) -> Enrolled:
        """Give it to them. Raises `EnrolmentRefused` or `Unavailable`."""

    @abstractmethod
    async def holdings(self, user_id: int) -> Sequence[Holding]:
        """Return what they have of it, oldest first."""

    @abstractmethod
    async def remove(self, person: KnownPerson, holding: str, origin: Origin) -> None:
        """Take one away from them. Raises `EnrolmentRefused`, also if it is their last way to sign in."""
