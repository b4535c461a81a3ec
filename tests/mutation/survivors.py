"""The mutants that may live, each with its reason: `survivors.toml`."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

LIST = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True)
class Survivor:
    """One mutant, named by what it changes, so that the list outlives changes elsewhere in the file."""

    file: str
    function: str
    was: str
    becomes: str
    reason: str = field(default="", compare=False)

    def as_toml(self) -> str:
        """Return the entry one would write."""
        told = {"file": self.file, "function": self.function, "was": self.was, "becomes": self.becomes}
        lines = (f"{name} = {_quoted(value)}" for name, value in {**told, "reason": self.reason}.items())
        return "\n".join(["[[survivor]]", *lines, ""])


def read() -> list[Survivor]:
    """Return the list."""
    return [Survivor(**entry) for entry in tomllib.loads(LIST.read_text())["survivor"]]


def _quoted(value: str) -> str:
    if "'" in value or "\n" in value:
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}'"
