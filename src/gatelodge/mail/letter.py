"""What a letter is; `mail/catalogue.py` lists them all."""

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter."""

    @classmethod
    @cache
    def template(cls) -> str:
        """Return the name of its template: the class name in snake case, without `_letter`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower().removesuffix("_letter")
