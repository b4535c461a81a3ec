"""What is said when the web framework of an adapter is not there."""

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def demanded(name: str) -> Generator[None]:
    """Import a framework inside; if it is not installed, say in one line what to install. Raises `ImportError`."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != name:
            raise
        raise ImportError(f"this adapter needs {name}: pip install {name}", name=name) from None
