"""The foundation: what every room gets when it is opened. `server.py` lays it and lists the rooms."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import Config
from gatelodge.config.site import Site
from gatelodge.database.tx import Database
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.mint import Mint
from gatelodge.keys.vault import Vault
from gatelodge.mail.letters import Letters
from gatelodge.outbound import Outbound
from gatelodge.protocol.subjects import PURPOSE, Subjects
from gatelodge.stores.instance import Instance
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.watches import Watch, Watches


@dataclass(frozen=True, slots=True)
class Foundation:
    """What everything stands on: open for as long as the server runs."""

    config: Config
    site: Site
    clock: Clock
    entropy: Entropy
    vault: Vault
    mint: Mint
    db: Database
    instance: Instance
    registry: Registry
    keys: SigningKeys
    outbound: Outbound
    letters: Letters
    watches: Watches
    endings: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    @property
    def subjects(self) -> Subjects:
        """Who people are called at clients, for as long as this installation lives."""
        return Subjects(self.mint.derive(PURPOSE))

    def watch(self, watch: Watch) -> None:
        """Let this go on in the background until the server stops."""
        self.watches.start(watch)

    def at_end(self, act: Callable[[], None]) -> None:
        """Do this when the server stops."""
        self.endings.append(act)

    async def close(self) -> None:
        """Stop what runs in the background, finish what is queued, close the database, whatever fails."""
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(self.db.close)
            for act in reversed(self.endings):
                last_first.callback(act)
            last_first.push_async_callback(self.watches.end)
