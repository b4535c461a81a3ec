"""What a request was checked for: what its endpoint checks and, at the token endpoint, what its grant does."""

from collections.abc import Mapping

from gatelodge.grants import GRANTS
from gatelodge.inspector.trace import Trace
from gatelodge.protocol.checks import ENDPOINTS, READING, Stages
from gatelodge.protocol.steps import CheckedStep, find_rule, steps

OF_GRANTS: Mapping[str, Stages] = {grant.grant_type: grant.checks for grant in GRANTS}


def stages_of(endpoint: str, flow: str) -> Stages:
    """Return all that is checked at an endpoint, in order; `flow` is the grant type at the token endpoint."""
    stages = ENDPOINTS.get(endpoint, (READING,))
    return stages + OF_GRANTS.get(flow, ()) if endpoint == "token" else stages


def steps_of(trace: Trace) -> tuple[CheckedStep, ...]:
    """Return the checks a request went through; none are known of a refusal by something that is no rule."""
    rule = find_rule(trace.rule)
    if trace.refused and rule is None:
        return ()
    happened = [event.event for event in trace.happened]
    return steps(stages_of(trace.endpoint, trace.flow), trace.flow, trace.sent, rule, happened)
