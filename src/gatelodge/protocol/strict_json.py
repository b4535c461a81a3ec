"""JSON from strangers: bounded before it is understood, and refused where parsers are known to disagree."""

import json
import math
from typing import Any, NoReturn, cast

from msgspec import DecodeError
from msgspec.json import Decoder

MAX_CONTAINERS = 256  # opening brackets: what keeps the parser's recursion shallow
_MAX_DIGITS = 18
_LEAST, _MOST = -(10**17), 10**18  # what has more digits is too long
_SPACES = " \t\n\r"


class BadJson(ValueError):
    """Not a JSON object we are willing to read."""


def read_object(raw: bytes, max_bytes: int, max_containers: int = MAX_CONTAINERS) -> dict[str, Any]:
    """Return the JSON object in `raw`.

    Refuses more than `max_bytes` or `max_containers` objects and lists, so also deep nesting, duplicate
    members, numbers of more than 18 digits, NaN and infinities, and text that is not UTF-8. Raises `BadJson`.
    """
    if len(raw) > max_bytes or raw.count(b"[") + raw.count(b"{") > max_containers:
        raise BadJson("too large")
    plain = _plain(raw)
    return _strict(raw) if plain is None else plain


def _plain(raw: bytes) -> dict[str, Any] | None:
    """Return an object that is read fast and no parser could read otherwise; `None` leaves it to the strict one.

    Most tokens are of ASCII texts, whole numbers and lists of texts. Without a backslash every text stands between two
    quotes, so a member that came twice shows: its name was written and is no longer there.
    """
    if b"\\" in raw or not raw.isascii():
        return None
    try:
        value = _decode(raw)
    except DecodeError:
        return None
    others = [member for member in value.values() if type(member) is not str]
    texts = 2 * len(value) - len(others)
    for member in others:
        within = _texts_within(member)
        if within is None:
            return None
        texts += within
    return value if raw.count(b'"') == 2 * texts else None


def _texts_within(member: object) -> int | None:
    """Return how many texts a member holds that is none itself, `None` if it may hold more than that."""
    if isinstance(member, int):
        return 0 if _LEAST < member < _MOST else None
    if not isinstance(member, list):
        return None
    members = cast("list[object]", member)
    for one in members:
        if type(one) is not str:
            return None
    return len(members)


def _strict(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8").strip(_SPACES)
        value, end = _STRICT.raw_decode(text)
        _refuse_lone_surrogates(raw, value)
    except (ValueError, RecursionError) as error:
        raise BadJson("not strict JSON") from error
    if end != len(text) or not isinstance(value, dict):
        raise BadJson("not an object")
    return value  # pyright: ignore[reportUnknownVariableType] - JSON is what it is


def _refuse_lone_surrogates(raw: bytes, value: object) -> None:
    """Raise `UnicodeEncodeError` for an escape that is half a character: no such text can be stored or sent on."""
    if b"\\" in raw and b"\\u" in raw:  # one character is sought ten times as fast as two
        json.dumps(value, ensure_ascii=False).encode("utf-8")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("duplicate member")
    return members


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise BadJson("number too long")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if len(text) > 2 * _MAX_DIGITS or not math.isfinite(value):
        raise BadJson("number out of range")
    return value


def _refuse_constant(_text: str) -> NoReturn:
    raise BadJson("not a number")


_decode = Decoder(dict[str, Any]).decode
_STRICT = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_number, parse_constant=_refuse_constant
)
