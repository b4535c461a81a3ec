"""Packages that import what is asked of them when it is asked for, so that mentioning one costs nothing (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Ask = Callable[[str], Any]
Names = Callable[[], list[str]]


def door(package: str, rooms: Mapping[str, str]) -> tuple[Ask, Names]:
    """Return `__getattr__` and `__dir__` of a package; `rooms` has the module below it that each name is in."""

    def ask(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{rooms[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return ask, lambda: sorted(rooms)
