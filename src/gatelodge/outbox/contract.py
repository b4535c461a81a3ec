"""What a kind of parcel is: it delivers one of them, once. Claiming, waiting and giving up are the courier's.

Whoever has something to tell puts a `stores.outbox.NewParcel` of that kind in the transaction of its cause.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from gatelodge.config.policies import DAY
from gatelodge.foundation.contract import Foundation
from gatelodge.stores.outbox import Parcel


class NotDelivered(Exception):
    """A parcel did not arrive and is tried again. `reason` is for the operator and holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Undeliverable(NotDelivered):
    """A parcel will never arrive: it is given up at once."""


class ReceiverAway(NotDelivered):
    """Nobody answers there: this parcel is tried again, and what else goes to that receiver waits for the next look."""


class ParcelKind(ABC):
    """What is delivered in one way.

    `name` is what its parcels are called by. `pauses` are the seconds between tries, the last of which repeats.
    `lifetime` is for how many seconds it is tried, `patience` how many seconds one try may take: one that takes longer
    was to a `ReceiverAway`.
    """

    name: ClassVar[str]
    pauses: ClassVar[tuple[int, ...]]
    lifetime: ClassVar[int] = DAY
    patience: ClassVar[float] = 30.0

    @classmethod
    @abstractmethod
    def open(cls, on: Foundation) -> Self | None:
        """Return it for one server; `None` where it is switched off, and nobody puts any."""

    @abstractmethod
    async def deliver(self, parcel: Parcel) -> None:
        """Deliver a parcel. Raises `NotDelivered` or one of its kinds; whatever else it raises is tried again, too."""

    def receiver(self, parcel: Parcel) -> str:
        """Return where it goes: parcels to one receiver are delivered in turn, those to others beside them."""
        return parcel.recipient

    def pause_after(self, tries: int) -> int:
        """Return how many seconds to wait after so many tries."""
        return self.pauses[min(tries, len(self.pauses)) - 1]


def doubling(first: int, longest: int) -> tuple[int, ...]:
    """Return pauses that double from the first one up to the longest."""
    pauses = [first]
    while pauses[-1] * 2 < longest:
        pauses.append(pauses[-1] * 2)
    return (*pauses, longest)
