"""What a script is: everything the playground knows of one flow. The scripts themselves stand in `scripts/`."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gatelodge.config.policies import LegacyPolicy
from gatelodge.playground.hands import PlayingHands
from gatelodge.playground.messages import FlowStep, Lane
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.snippets import Code
from gatelodge.playground.wording import SECRET
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule

Standing = Literal["recommended", "removed", "special"]
Stage = Literal["before", "code", "tokens"]

LANES: tuple[Lane, ...] = ("person", "browser", "client", "server", "provider", "api")
AGAIN = "_again"  # at the end of the key of a step that comes a second time
MEMBERS = {"code": "code", "token": "access_token", "id_token": "id_token"}  # what is asked for, and what it comes as


@dataclass(frozen=True, slots=True)
class Move:
    """What an act comes to: the run as it is now, and where the browser is sent, if it is sent anywhere."""

    run: FlowRun
    to: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """An act that is played now: with these `hands`, in this `script`, as far as the `run` came.

    `typed` are the fields of the form whose button was pressed. `attempt` says what is broken, if anything is.
    """

    hands: PlayingHands
    script: "Script"
    run: FlowRun
    typed: Params
    attempt: "Break | None" = None

    @property
    def expected(self) -> Rule | None:
        """The rule that should refuse it."""
        return self.attempt.rule if self.attempt else None

    def step(self, usual: FlowStep) -> FlowStep:
        """Return a step as this flow words it now."""
        return self.script.step(usual, self.run)


Play = Callable[[Turn], Awaitable[Move]]


def always(run: FlowRun) -> bool:
    """Say that it can be done whatever the run has."""
    return True


@dataclass(frozen=True, slots=True)
class Field:
    """What the person types before an act. `demo` is filled in where everybody may know it."""

    name: str
    label: str
    secret: bool = False
    demo: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something the application does when its button, with this `label`, is pressed; `said` stands above the button.

    Its `key` is that of the first step it makes, where it has one. `fits` says whether the run has what it takes.
    `hint` is what the demo says besides.
    """

    key: str
    label: str
    said: str
    play: Play
    fits: Callable[[FlowRun], bool] = always
    fields: tuple[Field, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Tampering:
    """What somebody makes of an answer on its way through the browser, and the `label` of what arrives."""

    label: str
    change: Callable[[Params], Params]


@dataclass(frozen=True, slots=True)
class Wait:
    """What is said while an attempt waits for its moment, and the `label` of the button that goes on then."""

    said: str
    label: str


@dataclass(frozen=True, slots=True)
class Break:
    """One attempt: the `act` it is, its `label`, who would do this and why, and the `rule` that is expected to hold.

    It can be made at this `stage` of a run, if it `fits` the run.
    """

    act: str
    label: str
    story: str
    rule: Rule
    stage: Stage
    play: Play
    fits: Callable[[FlowRun], bool] = always
    tampering: Tampering | None = None
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table says of a flow."""

    person: str
    secret: str
    refresh: str
    when: str
    section: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Advice:
    """When a flow is the one to use: the `answers` to the three questions that say so, and why."""

    answers: Mapping[str, str]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """One flow of the playground, whole: its steps, what breaks it, and its words.

    `grant` is what a client must be allowed for it; `legacy` is the setting that switches it on.

    `begin` is the first act, `None` if the flow cannot be played yet. `with_code` is the act for a code that came back,
    `with_tokens` are those for tokens, `after` are the ones among them that the flow goes on with, in order.
    `when_ended` is one to see for oneself that the server ended everything. `response_type` is empty if no browser is
    sent anywhere. `public` scripts are played without the client's secret. What has one of the names in `secrets` is
    masked until somebody asks, in requests and in answers. `code` shows the flow, or what replaces it.
    """

    key: str
    grant: str
    name: str
    lead: str
    facts: Facts
    steps: tuple[FlowStep, ...] = ()
    begin: Act | None = None
    with_code: Act | None = None
    with_tokens: tuple[Act, ...] = ()
    after: tuple[Act, ...] = ()
    when_ended: Act | None = None
    breaks: tuple[Break, ...] = ()
    code: Code | None = None
    advice: tuple[Advice, ...] = ()
    scope: str = "openid profile offline_access orders:read"
    response_type: str = ""
    public: bool = False
    secrets: frozenset[str] = SECRET
    legacy: str = ""

    def runs(self, legacy: LegacyPolicy) -> bool:
        """Whether it can be played on a server with these switches."""
        return self.begin is not None and (not self.legacy or bool(getattr(legacy, self.legacy)))

    @property
    def acts(self) -> Iterator[Act]:
        """Every act of it that is no attempt to break it."""
        alone = (self.begin, self.with_code, self.when_ended)
        yield from (*(act for act in alone if act is not None), *self.with_tokens)

    def act(self, key: str) -> Act | None:
        """Return an act of it that is no attempt to break it."""
        return next((one for one in self.acts if one.key == key), None)

    def attempt(self, act: str) -> Break | None:
        """Return the attempt that an act is, `None` if it is none."""
        return next((one for one in self.breaks if one.act == act), None)

    def step(self, usual: FlowStep, run: FlowRun) -> FlowStep:
        """Return a step as this flow words it, in the round that this run is in, else as it usually is."""
        keys = (usual.key + AGAIN, usual.key) if run.weak else (usual.key,)
        return next((one for key in keys for one in self.steps if one.key == key), usual)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Who takes part."""
        there = {lane for step in self.steps for lane in (step.source, step.target)}
        return tuple(lane for lane in LANES if lane in there)

    @property
    def in_fragment(self) -> bool:
        """Whether the answer stands in the fragment of the address."""
        return "token" in self.response_type

    @property
    def has_code(self) -> bool:
        """Whether the answer has a code to exchange."""
        return "code" in self.response_type.split()

    @property
    def members(self) -> tuple[str, ...]:
        """What an answer must hold, and all that is taken from it (OAuth 2.0 Multiple Response Type Encoding 3, 5)."""
        return tuple(MEMBERS[kind] for kind in self.response_type.split())
