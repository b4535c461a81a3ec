"""What passes between those who take part: messages, and what refused one."""

from dataclasses import dataclass
from typing import Literal

from gatelodge.playground.wording import Text
from gatelodge.protocol.rules import Rule

Lane = Literal["person", "browser", "client", "server", "provider", "api"]


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A message that a flow has: its `key`, from whom to whom, its `label` in the diagram and `why` it is there."""

    key: str
    source: Lane
    target: Lane
    label: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who refused, by which rule, and what else is known of it. `said` is what went over the wire."""

    by: Literal["client", "server", "api"]
    said: str
    rule: Rule | None = None
    explanation: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that passed: the `step` it was, and what was sent, empty if it was not sent over HTTP.

    `is_reply` belongs to the message before it. `label` replaces that of the step.
    """

    step: FlowStep
    text: Text = ()
    is_reply: bool = False
    refusal: Refusal | None = None
    label: str = ""

    @property
    def shown_label(self) -> str:
        """What stands on the arrow."""
        return self.label or self.step.label


def phrase(status: int) -> str:
    """Return the words that go with a status code, of those that are met here."""
    return _PHRASES.get(status, "")


_PHRASES = {
    200: "OK",
    201: "Created",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
