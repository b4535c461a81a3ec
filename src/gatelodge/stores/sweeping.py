"""Sweeping in the background: expired rows go, in small batches, by one process at a time."""

import asyncio
from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.config.policies import RetentionPolicy
from gatelodge.database.tx import Database, Unavailable
from gatelodge.stores import sweep
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Origin, Purged


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Purges every `policy.purge_interval` seconds."""

    db: Database
    clock: Clock
    policy: RetentionPolicy

    async def watch(self) -> None:
        """Sweep until cancelled. A lost database changes nothing: the next round tries again."""
        while True:
            await asyncio.sleep(self.policy.purge_interval)
            try:
                removed = await sweep.purge(self.db, self.clock.now(), self.policy)
            except Unavailable:
                continue
            for table, rows in removed.items():
                if rows:
                    emit(Purged(table=table, rows=rows), Origin("sweep"))
