"""The foundation: what every room gets when it is opened. `server.py` lays it and lists the rooms."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import Config
from gatelodge.config.site import Site
from gatelodge.database.tx import Database
from gatelodge.keys.keys import Keys
from gatelodge.keys.mint import Mint
from gatelodge.keys.vault import Vault
from gatelodge.outbound import Outbound
from gatelodge.stores.instance import Instance
from gatelodge.stores.registry import Registry


@dataclass(frozen=True, slots=True)
class Foundation:
    """What everything stands on: open for as long as the server runs.

    `watching` says whether anything is done in the background; a test moves its server by hand.
    """

    config: Config
    site: Site
    clock: Clock
    entropy: Entropy
    vault: Vault
    mint: Mint
    db: Database
    instance: Instance
    registry: Registry
    keys: Keys
    outbound: Outbound
    watching: bool = True
    watches: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    endings: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def watch(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let `work` go on in the background until the server stops."""
        if self.watching:
            self.watches.append(asyncio.create_task(work(), name=work.__qualname__))

    def at_end(self, act: Callable[[], None]) -> None:
        """Do this when the server stops."""
        self.endings.append(act)

    async def close(self) -> None:
        """Stop what runs in the background, finish what is queued, close the database."""
        for watch in self.watches:
            watch.cancel()
        await asyncio.gather(*self.watches, return_exceptions=True)
        for act in self.endings:
            act()
        await self.db.close()
