"""Requests that break rules, alone and two at a time: what the list of checks says of their order is tried out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from urllib.parse import urlencode

from gatelodge.protocol.checks import Stages
from gatelodge.protocol.rules import Rule

Header = str


@dataclass(frozen=True)
class Sent:
    """A request: its parameters, further raw ones, a query beside a body, the Authorization and the DPoP header."""

    params: Mapping[str, str]
    raw: tuple[str, ...] = ()
    query: str = ""
    authorization: Header | None = None
    proof: Header | None = None

    @property
    def encoded(self) -> str:
        """The parameters as they are sent."""
        return "&".join([urlencode(self.params), *self.raw])


@dataclass(frozen=True)
class Break:
    """What makes a request break one rule. Two that touch the same part of it do not go together.

    `changes` are other values, `None` takes a parameter out; `also` are parameters that the other break may not have.
    """

    rule: Rule
    changes: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    raw: tuple[str, ...] = ()
    query: str = ""
    authorization: Header | None = None
    proof: Header | None = None

    def of(self, sent: Sent) -> Sent:
        """Return the request with this mistake in it."""
        params = {name: value for name, value in {**sent.params, **self.changes}.items() if value is not None}
        return replace(
            sent,
            params=params,
            raw=(*sent.raw, *self.raw),
            query=self.query or sent.query,
            authorization=self.authorization or sent.authorization,
            proof=self.proof or sent.proof,
        )

    def goes_with(self, other: "Break") -> bool:
        """Whether both can be done to one request."""
        return self.parts.isdisjoint(other.parts)

    @property
    def parts(self) -> set[str]:
        parts = {*self.changes, *(raw.partition("=")[0] for raw in self.raw)}
        return (
            parts
            | ({"(query)"} if self.query else set())
            | ({"(header)"} if self.authorization else set())
            | ({"(proof)"} if self.proof else set())
        )


def pairs(breaks: Sequence[Break], stages: Stages) -> Iterator[tuple[Break, Break]]:
    """Yield every two that go together and whose order the list knows, the earlier one first."""
    for one, other in combinations(breaks, 2):
        first, second = last_place(one.rule, stages), last_place(other.rule, stages)
        if one.goes_with(other) and first != second:
            yield (one, other) if first < second else (other, one)


def last_place(rule: Rule, stages: Stages, about: str | None = None) -> int:
    """The last stage a rule stands in, or demands the parameter that it is about."""
    return max(
        number
        for number, stage in enumerate(stages)
        if any(check.rule is rule and about in (None, check.needs) for check in stage)
    )


def said(complaints: Iterable[str]) -> str:
    return "\n".join(complaints)
