"""The sequence diagram: where everything is, in two widths. Pure geometry; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gatelodge.playground.messages import FlowStep, Lane, Message

Kind = Literal["ask", "reply", "ghost", "refused"]
NAMES: dict[Lane, tuple[str, str]] = {
    "person": ("You", "You"),
    "browser": ("Browser", "Browser"),
    "client": ("Application", "App"),
    "server": ("Gatelodge", "Server"),
    "provider": ("Provider", "Provider"),
    "api": ("Orders API", "API"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """How a diagram is laid out, in pixels. `letter` is the width of an average letter of a label."""

    width: int
    margin: int
    top: int
    row: int
    letter: float
    narrow: bool


WIDE = Size(width=616, margin=56, top=56, row=46, letter=6.9, narrow=False)
NARROW = Size(width=288, margin=30, top=44, row=44, letter=6.3, narrow=True)


@dataclass(frozen=True, slots=True)
class Column:
    """One who takes part: where the line of their life is, and what they are called there."""

    lane: Lane
    name: str
    x: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message. `number` counts the messages that passed from 1; it is 0 for one that did not pass yet."""

    number: int
    kind: Kind
    x1: int
    x2: int
    y: int
    label: str
    label_x: int
    said: str

    @property
    def head(self) -> str:
        """The points of the arrow's head."""
        back = self.x2 - 9 if self.x2 > self.x1 else self.x2 + 9
        return f"{self.x2},{self.y} {back},{self.y - 5} {back},{self.y + 5}"

    @property
    def shaft(self) -> int:
        """Where the line ends: under the head."""
        return self.x2 - 7 if self.x2 > self.x1 else self.x2 + 7

    @property
    def label_y(self) -> int:
        """The line the label stands on."""
        return self.y - (11 if self.kind == "refused" else 8)


@dataclass(frozen=True, slots=True)
class Diagram:
    """A whole diagram."""

    size: Size
    height: int
    columns: Sequence[Column]
    arrows: Sequence[Arrow]


def draw(lanes: Sequence[Lane], messages: Sequence[Message], ahead: Sequence[FlowStep], size: Size) -> Diagram:
    """Lay out the messages that passed and the steps that lie ahead."""
    columns = _columns(_with_guests(lanes, messages), size)
    where: dict[Lane, int] = {column.lane: column.x for column in columns}
    real = [_real(number, message, where, size) for number, message in enumerate(messages, 1)]
    ghosts = [
        _arrow(0, "ghost", step, step.label, where, _row(len(real) + n, size), size) for n, step in enumerate(ahead)
    ]
    arrows = (*real, *ghosts)
    return Diagram(size, _row(len(arrows), size) - size.row // 4, columns, arrows)


def _with_guests(lanes: Sequence[Lane], messages: Sequence[Message]) -> Sequence[Lane]:
    """Return the lanes of the flow, and of what passed besides."""
    there = {*lanes, *(lane for m in messages for lane in (m.step.source, m.step.target))}
    return [lane for lane in NAMES if lane in there]


def _columns(lanes: Sequence[Lane], size: Size) -> Sequence[Column]:
    room = size.width - 2 * size.margin
    gap = room / max(len(lanes) - 1, 1)
    return [Column(lane, NAMES[lane][size.narrow], round(size.margin + n * gap)) for n, lane in enumerate(lanes)]


def _real(number: int, message: Message, where: dict[Lane, int], size: Size) -> Arrow:
    kind: Kind = "refused" if message.refusal else "reply" if message.is_reply else "ask"
    return _arrow(number, kind, message.step, message.shown_label, where, _row(number - 1, size), size)


def _arrow(number: int, kind: Kind, step: FlowStep, label: str, where: dict[Lane, int], y: int, size: Size) -> Arrow:
    x1, x2 = where[step.source], where[step.target]
    if number:
        label = f"{number}  {label}"
    half = len(label) * size.letter / 2
    middle = min(max((x1 + x2) / 2, half + 2), size.width - half - 2)
    said = f"{label.strip()}, {NAMES[step.source][0]} to {NAMES[step.target][0]}"
    return Arrow(number, kind, x1, x2, y, label, round(middle), said)


def _row(number: int, size: Size) -> int:
    return size.top + 34 + number * size.row
