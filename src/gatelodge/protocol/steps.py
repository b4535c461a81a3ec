"""What a request went through: the checks that held and the one that refused, told from what is known afterwards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gatelodge.protocol import rules
from gatelodge.protocol.checks import Check, Stages
from gatelodge.protocol.rules import Rule


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """One check of one request and whether it held. `about` is the parameter it demanded, if it was one."""

    rule: Rule
    held: bool
    about: str = ""


def steps(
    stages: Stages, flow: str, sent: Collection[str], refused: Rule | None, events: Collection[str]
) -> tuple[CheckedStep, ...]:
    """Return the checks a request went through, in order.

    `stages` are all there are where it was sent, `flow` is its grant type or response type, `sent` the names of its
    parameters, `refused` the rule that ended it (`None`: it was answered) and `events` the names of what happened.
    Nothing that was not checked is said to hold.
    """
    end = len(stages) if refused is None else _place(stages, refused, flow, sent)
    before, after = (_concerning(part, flow, sent) for part in (stages[:end], stages[end:]))
    open_still = {check.name for check in after}
    held = [check for check in before if check.name not in open_still and (refused or check.is_known(events))]
    passed = dict.fromkeys(
        CheckedStep(check.rule, True, check.needs) for check in reversed(held)
    )  # each in its last place
    return tuple(reversed(passed)) + (() if refused is None else (CheckedStep(refused, False),))


def find_rule(rule_id: str) -> Rule | None:
    """Return the rule of this id, `None` if there is none."""
    return _BY_ID.get(rule_id)


def _concerning(stages: Stages, flow: str, sent: Collection[str]) -> list[Check]:
    return [check for stage in stages for check in stage if check.concerns(flow, sent)]


def _place(stages: Stages, refused: Rule, flow: str, sent: Collection[str]) -> int:
    """Return the stage that refused: of several that could have, the first, so that no more is claimed than is known.

    Of a rule that is in no stage nothing is known.
    """
    possible = [number for number, stage in enumerate(stages) if any(_may_refuse(c, refused, sent) for c in stage)]
    likely = [n for n in possible if any(c.rule is refused and c.concerns(flow, sent) for c in stages[n])]
    return min(likely or possible, default=0)


def _may_refuse(check: Check, refused: Rule, sent: Collection[str]) -> bool:
    return check.rule is refused and (not check.needs or check.needs not in sent)


_BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in vars(rules).values() if isinstance(rule, Rule)}
