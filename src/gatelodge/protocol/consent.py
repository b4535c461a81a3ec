"""What a person allows a client once they answered: what they ticked is added, what they unticked is taken back."""

from collections.abc import Collection
from dataclasses import dataclass

from gatelodge.protocol.progress import ConsentAnswer
from gatelodge.protocol.targets import api_of, scope_of


@dataclass(frozen=True, slots=True)
class Settled:
    """All that a person allows a client, as a `Consent` keeps it."""

    scopes: frozenset[str]
    resources: frozenset[str]


def settle(scopes: Collection[str], resources: Collection[str], answer: ConsentAnswer) -> Settled:
    """Return what is allowed after `answer`; `scopes` and `resources` were before.

    What was not asked stays. A scope that was left out goes at the APIs of this request: it stays allowed at others. An
    API goes with the last of its scopes.
    """
    left_out = frozenset(answer.left_out)
    kept = frozenset(resources).difference(answer.refused)
    elsewhere = {scope_of(one) for one in kept} - {""}
    still_used = {api_of(one) for one in kept if one != api_of(one)}
    refused = frozenset(answer.asked).difference(answer.allowed, elsewhere)
    return Settled(
        scopes=frozenset(scopes).difference(refused).union(answer.allowed),
        resources=kept.difference(left_out - still_used).union({*answer.resource, *answer.permissions} - left_out),
    )
