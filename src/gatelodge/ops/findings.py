"""What an examination finds: how bad it is, what was seen, and what to do."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "note", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `check` is a stable word; `advice` is empty when there is nothing to do."""

    check: str
    level: Level
    says: str
    advice: str = ""


def good(check: str, says: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(check, "good", says)


def note(check: str, says: str, advice: str) -> Finding:
    """Return something worth knowing."""
    return Finding(check, "note", says, advice)


def warning(check: str, says: str, advice: str) -> Finding:
    """Return something that works and is not safe."""
    return Finding(check, "warning", says, advice)


def broken(check: str, says: str, advice: str) -> Finding:
    """Return something that does not work."""
    return Finding(check, "broken", says, advice)
