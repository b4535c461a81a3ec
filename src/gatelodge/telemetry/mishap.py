"""What is told of an exception: what it is, and where. Its message and its variables may hold what a person typed."""

from collections.abc import Iterator
from traceback import StackSummary, walk_tb

FRAMES = 8  # the last ones
CAUSES = 4


def told(error: BaseException) -> dict[str, object]:
    """Return the type of an exception, the types it came of, and the places in the code, innermost last."""
    frames = StackSummary.extract(walk_tb(error.__traceback__), lookup_lines=False)[-FRAMES:]
    said: dict[str, object] = {"error": name_of(error), "at": [f"{f.filename}:{f.lineno} {f.name}" for f in frames]}
    causes = [name_of(cause) for cause, _ in zip(_causes(error), range(CAUSES), strict=False)]
    return said | {"cause": causes} if causes else said


def name_of(error: BaseException) -> str:
    """Return what an exception is called, with its module unless it is Python's own."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
