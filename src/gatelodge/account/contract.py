"""What a page of the account is: it shows what is kept of a person and does what they ask for. All else is the frame's.

The frame (`account/served.py`) has already found out who is there and made sure that the form is ours, and afterwards
draws the page or leads back to it; so a page cannot forget any of it. A page never takes a person from what was sent.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Self

from gatelodge.authn.room import Authn
from gatelodge.foundation.contract import Foundation
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.events import Origin


@dataclass(frozen=True, slots=True)
class AccountEquipment:
    """What pages of the account work with. `opened` are those before it in the list, for a page that tells of all."""

    on: Foundation
    authn: Authn
    browsers: Browsers
    opened: "Sequence[AccountPage]" = ()


@dataclass(frozen=True, slots=True)
class AccountVisit:
    """A person at a page of their account, as of this request: `signed_in` in this browser, and their account, `user`.

    `query` is of the address. `form` is what they sent: empty when they come, and there again when they were refused.
    `browser` is the one they are at. `proved_lately` says whether they proved who they are so lately that it counts for
    changing their account. `known` is the value of the `KNOWN` cookie. `endings` is how often all that they hold had
    ended when they were found, `None` when they only look: see `Occasion`.
    """

    signed_in: SignedInPerson
    user: UserRecord
    browser: BrowserId
    origin: Origin
    proved_lately: bool
    known: str | None = field(default=None, repr=False)
    query: Params = field(default=EMPTY, repr=False)
    form: Params = field(default=EMPTY, repr=False)
    endings: int | None = None


class ActRefused(Exception):
    """A person asked for what cannot be done as they asked; `problem` is a word of the page's template."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class ActDone(NamedTuple):
    """What was done: `told` is a word of the template of the page that is shown next, `leads_to` by its name.

    Empty, it is the page itself. Whoever is `signed_out` by it is told that, and nothing else.
    """

    told: str = ""
    leads_to: str = ""
    signed_out: bool = False


class ActShown(NamedTuple):
    """What is shown this one time in place of the page: a `template`, what it is given, and a `problem`, if it has one.

    Nobody comes back to it: reloading it does the act again, if the form still counts. `told` is what a program gets in
    its place.
    """

    template: str
    given: Mapping[str, object]
    problem: str = ""
    told: Mapping[str, object] = MappingProxyType({})


class AccountAct(NamedTuple):
    """Something that a page's forms ask for. `words` are those of its button.

    A `guarded` one changes what the account is entered by, where it is reached or whether it is there: it wants a proof
    not older than `sessions.change_lifetime`. Who has none signs in again, is shown the button with these words, and
    all that their form said is done then. What is typed there must be no secret: a page for those is `guarded` itself.
    What is `for_programs` is asked for by no form, but below `/account/api/` alone.
    """

    words: str = ""
    guarded: bool = False
    for_programs: bool = False


class AccountPage(ABC):
    """One page of the account, at `/account/` and its `name`.

    `title` are the words that lead to it. `icon` is a file of `web/templates/icons`, `template` one of a room's
    templates (both without suffix) that extends `account/frame.html`. `tile` is a template of what the overview says of
    it, drawn with what `glance` returns; without one the overview has only the way there. `acts` are what its forms can
    ask for, by the values of their buttons, which are named `act`. What is `in_api` is there for programs as well:
    `told` and every act, below `/account/api/`. `scripts` says whether it runs any,
    `leads_away` whether the answer to a form of it may be elsewhere.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str]
    template: ClassVar[str]
    tile: ClassVar[str] = ""
    acts: ClassVar[Mapping[str, AccountAct]] = {}
    in_api: ClassVar[bool] = False
    scripts: ClassVar[bool] = False
    leads_away: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def open(cls, equipment: AccountEquipment) -> Self:
        """Return it for one server."""

    async def is_guarded(self, visit: AccountVisit) -> bool:
        """Whether it is only opened by a proof as new as a guarded act wants."""
        del visit
        return False

    @abstractmethod
    async def show(self, visit: AccountVisit) -> Mapping[str, object]:
        """Return what its template is given: when somebody comes, and again when they were refused."""

    async def glance(self, visit: AccountVisit) -> Mapping[str, object]:
        """Return what its `tile` is given. With a true `attention` in it the overview puts it first."""
        del visit
        return {}

    async def told(self, visit: AccountVisit) -> Mapping[str, object]:
        """Return what the page shows for programs, and for a copy of all that is kept of a person."""
        del visit
        return {}

    async def act(self, visit: AccountVisit, name: str) -> ActDone | ActShown | Reply:
        """Do one of `acts`; a `Reply` is what the browser downloads.

        Raises `ActRefused`, and `NotThere` for what is not there or is another person's: both are one answer.
        """
        del visit
        raise NotThere("act", name)
