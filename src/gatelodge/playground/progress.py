"""How far a run came in its script: what lies ahead, what is next, and what can be broken now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from gatelodge.playground.messages import FlowStep
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.script import Act, Break, Script, Stage


@dataclass(frozen=True, slots=True)
class Next:
    """What the page proposes: an `act`, perhaps one that still has to `wait`; or to come back, or to begin again."""

    kind: Literal["act", "wait", "away", "restart", "done"]
    act: Act | None = None

    @property
    def key(self) -> str:
        """The act, `""` if it is none of the script's."""
        return self.act.key if self.act else ""


def ahead(script: Script, run: FlowRun) -> Sequence[FlowStep]:
    """Return the steps of the script that lie ahead of this run."""
    if run.over or run.ended:
        return ()
    passed = _passed(run)
    last = max((n for n, step in enumerate(script.steps) if step.key in passed), default=-1)
    return script.steps[last + 1 :]


def next_in(script: Script, run: FlowRun) -> Next:
    """Return what the script goes on with."""
    if run.ended and script.when_ended and script.when_ended.fits(run):
        return Next("act", script.when_ended)
    if run.over or run.ended:
        return Next("restart")
    if run.until:
        return Next("wait", _waiting(script, run))
    if run.code:
        return Next("act", script.with_code)
    if run.tokens is not None:
        passed = _passed(run)
        return next((Next("act", act) for act in script.after if act.key not in passed and act.fits(run)), Next("done"))
    return Next("away") if run.sent_to else Next("act", script.begin)


def beside(script: Script, run: FlowRun, proposed: Next) -> list[Act]:
    """Return what else can be done with the tokens there are."""
    if run.tokens is None:
        return []
    return [act for act in script.with_tokens if act.key != proposed.key and act.fits(run)]


def breaks(script: Script, run: FlowRun) -> list[Break]:
    """Return the attempts that can be made now."""
    stage = _stage(run)
    return [one for one in script.breaks if one.stage == stage and one.fits(run)]


def _stage(run: FlowRun) -> Stage | None:
    if run.over or run.ended:
        return None
    if run.tokens is not None:
        return "tokens"
    if run.code:
        return "code"
    return None if run.begun else "before"


def _waiting(script: Script, run: FlowRun) -> Act | None:
    """Return the attempt that waits for its moment, as the act that it is then."""
    attempt = script.attempt(run.broken)
    if attempt is None or attempt.wait is None:
        return None
    return Act(attempt.act, attempt.wait.label, attempt.wait.said, attempt.play)


def _passed(run: FlowRun) -> Collection[str]:
    """Return the steps that passed. A request that was refused, as an attempt is, is still to be made."""
    refused = {n - 1 for n, message in enumerate(run.messages) if message.is_reply and message.refusal}
    return {m.step.key for n, m in enumerate(run.messages) if m.refusal is None and n not in refused}
