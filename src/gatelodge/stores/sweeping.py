"""Sweeping in the background: expired rows go, in small batches, by one process at a time."""

from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.config.policies import RetentionPolicy
from gatelodge.database.tx import Database
from gatelodge.stores import sweep
from gatelodge.stores.departures import Farewell, unsaid
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Origin, Purged


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Purges what `policy` does not keep any longer; whose account goes with it is told by `farewell`."""

    db: Database
    clock: Clock
    policy: RetentionPolicy
    farewell: Farewell = unsaid

    async def look(self) -> None:
        """Sweep once, unless another process does."""
        removed = await sweep.purge(self.db, self.clock.now(), self.policy, self.farewell)
        for table, rows in removed.items():
            if rows:
                emit(Purged(table=table, rows=rows), Origin("sweep"))
