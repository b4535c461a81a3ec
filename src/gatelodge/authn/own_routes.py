"""Routes that a way to sign in answers besides its page: where a provider leads back to, what a script asks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from gatelodge.authn.visit import ThisBrowser
from gatelodge.protocol.params import Params
from gatelodge.protocol.proof import Proof
from gatelodge.protocol.reply import Reply
from gatelodge.telemetry.events import Origin


@dataclass(frozen=True, slots=True)
class WayRequest:
    """A request to such a route. `path` are what its pattern matched, `headers` have lower-case names.

    Nothing of it was checked: a route that changes anything asks `is_ours`, which says whether the browser vouches that
    a page of this server sent it, or is bound to the browser by what it parked before.
    """

    method: str
    path: Mapping[str, str]
    query: Params = field(repr=False)
    form: Params = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    browser: ThisBrowser
    origin: Origin
    is_ours: bool
    known: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven at such a route, and the `SignInVisit.context` it was proven for, kept since by the way.

    The sign-in goes on as after its page; a context of another browser is none. `anew` says whether it was proven since
    the way was asked: where that is wanted (`SignInVisit.anew`), nothing else counts.
    """

    proof: Proof
    context: str = field(repr=False)
    anew: bool = True


@dataclass(frozen=True, slots=True)
class NothingProven:
    """Nothing was proven for this context: its page is shown again and says so."""

    context: str = field(repr=False)


Answer = Reply | Proven | NothingProven


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """One route: `path` is below the issuer's path, or a pattern such as `/callback/{name}`; `answer` by method.

    `acts` says that its GET does more than look, so no HEAD stands in for it.
    """

    name: str
    path: str
    answer: Mapping[str, Callable[[WayRequest], Awaitable[Answer]]]
    acts: bool = False
