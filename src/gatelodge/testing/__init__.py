"""The pytest plugin: a real authorization server in memory, a clock to move, faults, and access tokens for API tests.

It gives every test the fixtures `gatelodge` and `fake_token`. Nothing is imported until one is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatelodge.testing.async_gatelodge import AsyncGatelodge as AsyncGatelodge
    from gatelodge.testing.cast import Application as Application
    from gatelodge.testing.cast import RegisteredPerson as RegisteredPerson
    from gatelodge.testing.cast import SignedInSession as SignedInSession
    from gatelodge.testing.clock import MovingClock as MovingClock
    from gatelodge.testing.fake import FakeTokens as FakeTokens
    from gatelodge.testing.gatelodge import Gatelodge as Gatelodge

_WHERE = {
    "Application": "cast",
    "AsyncGatelodge": "async_gatelodge",
    "FakeTokens": "fake",
    "Gatelodge": "gatelodge",
    "MovingClock": "clock",
    "RegisteredPerson": "cast",
    "SignedInSession": "cast",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, at the first time (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    """List what can be asked for."""
    return sorted(_WHERE)
