"""How one member of a registration document is written and read (RFC 7591 2).

The members themselves stand at the fields of `protocol/client.py:Client`, and nowhere a second time.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value stands in JSON. `read` raises `ValueError`, whose text says what the member must be."""

    write: Callable[[Any], object]
    read: Callable[[object], Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a registration document: its name there, and how its value is written."""

    name: str
    kind: Kind


def one_of(*values: str) -> Kind:
    """Return the kind of a text that is one of these."""

    def read(value: object) -> str:
        if value not in values:
            raise ValueError(f"one of {', '.join(values)}")
        return str(value)

    return Kind(str, read)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):  # pyright: ignore[reportUnknownVariableType]
        raise ValueError("a list of texts")
    return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _key_set(value: object) -> str:
    if not isinstance(value, dict):
        raise ValueError("a JSON Web Key Set")
    return json.dumps(value, separators=(",", ":"))


def _sorted_words(value: object) -> frozenset[str]:
    """Read `id_token code` and `code id_token` as the same response type."""
    return frozenset(" ".join(sorted(words.split())) for words in _texts(value))


TEXT = Kind(str, _text)
TEXTS = Kind(list, _texts)
SET = Kind(sorted, lambda value: frozenset(_texts(value)))
RESPONSE_TYPES = Kind(sorted, _sorted_words)
WORDS = Kind(lambda words: " ".join(sorted(words)), lambda value: frozenset(_text(value).split()))
FLAG = Kind(bool, _flag)
OPPOSITE = Kind(lambda flag: not flag, lambda value: not _flag(value))
KEY_SET = Kind(json.loads, _key_set)
