"""What an event is; `telemetry/events.py` lists them all."""

import re
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `client_id` and `user_id` say to whom, when it was to somebody."""

    audited: ClassVar[bool] = True
    level: ClassVar[Level] = "info"

    client_id: str | None = None
    user_id: int | None = None

    @classmethod
    @cache
    def event_name(cls) -> str:
        """Return the stable name: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
