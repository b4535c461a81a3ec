"""Opening the room: a courier for each kind that this server has."""

from dataclasses import dataclass

from gatelodge.foundation.contract import Foundation
from gatelodge.outbox import KINDS
from gatelodge.outbox.courier import Courier
from gatelodge.stores import outbox
from gatelodge.telemetry import metrics
from gatelodge.telemetry.watches import Watch

PAUSE = 2.0  # seconds between two looks at what is due
COUNTED_EVERY = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class _DeadParcels:
    """How many parcels nobody will deliver any more, for the metric."""

    on: Foundation

    async def look(self) -> None:
        """Count them."""
        dead = await self.on.db.read(outbox.count_dead)
        for kind in KINDS:
            metrics.parcels_dead(kind.name, dead.get(kind.name, 0))


def open(on: Foundation) -> None:
    """Open the room."""
    for kind in KINDS:
        opened = kind.open(on)
        if opened is not None:
            on.watch(Watch(f"outbox_{kind.name}", Courier(on.db, on.clock, opened).look, PAUSE))
    on.watch(Watch("outbox", _DeadParcels(on).look, COUNTED_EVERY))
