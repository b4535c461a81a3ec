"""What a setting is: a field of a policy with its default, its range and its sentence."""

from dataclasses import Field, dataclass, field
from typing import Any

DAY = 86_400
YEAR = 366 * DAY
PORTS = 65_535


class ConfigError(ValueError):
    """A setting cannot be used. One line: `key` as the operator wrote it, then what is wrong and what to do."""

    def __init__(self, key: str, advice: str) -> None:
        super().__init__(f"{key}: {advice}")
        self.key = key
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a key besides its name, type and default.

    `low` and `high` are inclusive, for numbers. `choices` are all the words it may be. A `secret` is never shown. A
    `path` that is relative belongs to the folder of the file that names it; so does the file of an SQLite URL.
    """

    sentence: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    path: bool = False


def setting(
    default: Any,
    sentence: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    path: bool = False,
) -> Any:
    """Return a dataclass field with its default, its range and the sentence that documents it."""
    about = Setting(sentence, low, high, choices, secret, path)
    return field(default=default, repr=not secret, metadata={"setting": about})


def about(key: Field[Any]) -> Setting:
    """Return what is known of a policy's field."""
    return key.metadata["setting"]
