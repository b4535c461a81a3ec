"""What an event is; `telemetry/events.py` lists them all."""

import re
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

from gatelodge.telemetry.actor import Actor, ActorKind

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, told to the log, to a metric or to the audit trail.

    `client_id` and `user_id` say to whom, when it was to somebody.

    `by` says who did it where its origin does not: that very person or client, or a stranger.
    """

    audited: ClassVar[bool] = True
    level: ClassVar[Level] = "info"
    by: ClassVar[ActorKind] = "operator"

    client_id: str | None = None
    user_id: int | None = None

    @property
    def actor(self) -> Actor:
        """Who did it, as far as that was proven, where its origin does not say."""
        if self.by == "person" and self.user_id is not None:
            return Actor("person", str(self.user_id))
        if self.by == "client" and self.client_id is not None:
            return Actor("client", self.client_id)
        return Actor(self.by)

    @classmethod
    @cache
    def event_name(cls) -> str:
        """Return the stable name: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
