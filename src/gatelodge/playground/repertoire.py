"""The scripts of one playground: those it knows, and those among them that can be played on its server."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from gatelodge.config.policies import LegacyPolicy
from gatelodge.playground.script import Script


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Scripts by their keys; `there` are the keys of those that can be played."""

    scripts: Mapping[str, Script]
    there: frozenset[str]

    @classmethod
    def of(cls, scripts: Iterable[Script], legacy: LegacyPolicy) -> Self:
        """Take the scripts in, in their order."""
        known = {script.key: script for script in scripts}
        return cls(known, frozenset(key for key, script in known.items() if script.runs(legacy)))

    def playable(self, key: str) -> Script | None:
        """Return a script that can be played here."""
        return self.scripts[key] if key in self.there else None
