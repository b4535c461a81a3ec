"""One value of one setting: from what was written, wherever it was, to its type and range."""

import math
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, cast, get_type_hints

from gatelodge.config.policies import SECTIONS, ConfigError
from gatelodge.config.setting import Setting, about

SettingName = tuple[str, str]
SQLITE = "sqlite:///"

_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True)
class Given:
    """A value somebody gave: its section and key, as they named it, and the folder where relative paths start."""

    setting: SettingName
    value: object
    named: str
    folder: Path


def read(given: Given) -> object:
    """Return the value as its setting's type. Raises `ConfigError` for a wrong type or a value out of range."""
    kind, setting = _catalogue()[given.setting]
    value = _READERS[kind](given)
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_range(given, value, setting)
    if setting.choices and value not in setting.choices:
        raise ConfigError(given.named, f"must be one of {', '.join(setting.choices)}")
    if setting.path and isinstance(value, str) and value:
        return absolute(value, given.folder)
    return value


def absolute(path: str, folder: Path) -> str:
    """Return `path`, or the file of an SQLite URL, with its relative part under `folder`."""
    if path.startswith(SQLITE):
        file = path.removeprefix(SQLITE)
        return SQLITE + absolute(file, folder) if file and not file.startswith(":") else path
    return path if "://" in path else str(folder / Path(path).expanduser())


@cache
def _catalogue() -> dict[SettingName, tuple[Any, Setting]]:
    found: dict[SettingName, tuple[Any, Setting]] = {}
    for section, make in SECTIONS.items():
        kinds = get_type_hints(make)
        found.update({(section, key.name): (kinds[key.name], about(key)) for key in fields(make())})
    return found


def _text(given: Given) -> str:
    if not isinstance(given.value, str):
        raise ConfigError(given.named, 'must be text in quotes, such as "..."')
    if any(not letter.isprintable() for letter in given.value):
        raise ConfigError(given.named, "contains a control character: remove it")
    return given.value.strip()


def _truth(given: Given) -> bool:
    if isinstance(given.value, bool):
        return given.value
    if isinstance(given.value, str) and given.value.lower() in _TRUTH:
        return _TRUTH[given.value.lower()]
    raise ConfigError(given.named, "must be true or false")


def _whole(given: Given) -> int:
    if isinstance(given.value, int) and not isinstance(given.value, bool):
        return given.value
    text = given.value.strip() if isinstance(given.value, str) else ""
    if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19:
        return int(text)
    raise ConfigError(given.named, "must be a whole number")


def _number(given: Given) -> float:
    value = given.value
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(given.named, "must be a number")
    return number


def _texts(given: Given) -> tuple[str, ...]:
    if isinstance(given.value, str):
        return tuple(given.value.replace(",", " ").split())
    if isinstance(given.value, list | tuple):
        items = cast("list[object]", given.value)
        texts = tuple(item for item in items if isinstance(item, str))
        if len(texts) == len(items):
            return texts
    raise ConfigError(given.named, 'must be a list of texts, such as ["a", "b"]; in the environment: a,b')


_READERS = {str: _text, bool: _truth, int: _whole, float: _number, tuple[str, ...]: _texts}


def _check_range(given: Given, value: float, setting: Setting) -> None:
    low, high = setting.low, setting.high
    if low is not None and high is not None and not low <= value <= high:
        raise ConfigError(given.named, f"must be between {low} and {high}")
