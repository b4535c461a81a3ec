"""Why a verb was not done: told to the operator as it is. Both roll back the transaction they were raised in."""

from difflib import get_close_matches


class NotThere(Exception):
    """There is nothing of that name."""

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(f"there is no {noun} {name!r}")


class OperationRefused(Exception):
    """What was asked must not be or would not work; the message says why and what to do."""


def meant(wrong: str, known: list[str]) -> str:
    """Return a hint at the nearest known word, or nothing."""
    near = get_close_matches(wrong, known, 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""
