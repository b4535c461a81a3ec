"""Whether the server is well: what `/readyz` asks, over a database handle of its own."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from gatelodge.clock import Clock
from gatelodge.config.policies import Config
from gatelodge.database.engines import file_identity, lack_of_room, open_database
from gatelodge.database.tx import Database, Unavailable
from gatelodge.keys.keyring import ALGORITHMS, state
from gatelodge.serving.management import Check
from gatelodge.stores import instance, outbox, signing_keys
from gatelodge.telemetry import metrics

NEEDED = ("registry", "keys")  # without these a server answers as it should not: with clients or keys of yesterday
LATE = 30  # seconds since one of them last succeeded


class Health:
    """Asks the database in the same way as a request would."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._policy = replace(config.database, lanes=1)
        self._clock = clock
        self._db: Database | None = None
        self._opening = asyncio.Lock()
        self._file = file_identity(self._policy)

    async def database(self) -> str | None:
        """Whether it is that of the start, answers, takes a write, and has room for more: a full disk still reads."""
        if file_identity(self._policy) != self._file:
            return "the database file is not the one this server has open: restart it"  # it writes to a deleted file
        try:
            await (await self._opened()).write(instance.touch)
        except Unavailable as error:
            return error.reason
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
            return type(error).__name__
        return lack_of_room(self._policy)

    async def signing_keys(self) -> str | None:
        """Whether there is an active key of every algorithm."""
        try:
            rows = await (await self._opened()).read(signing_keys.list_all)
        except Exception as error:  # noqa: BLE001 - the database check says more
            return type(error).__name__
        now = self._clock.now()
        missing = [alg for alg in ALGORITHMS if not any(r.alg == alg and state(r, now) == "active" for r in rows)]
        return f"no active key for {', '.join(missing)}" if missing else None

    def ages(self) -> Mapping[str, int]:
        """Return for how many seconds each work in the background has not succeeded, in the worker where it is worst.

        A clock that was put back makes them negative, until the next success.
        """
        now = self._clock.now()
        return {name: int(now - at) for name, at in sorted(metrics.last_success().items())}

    async def watches(self) -> str | None:
        """Whether everything that answers depend on was looked at lately."""
        late = [f"{name} {age} s ago" for name, age in self.ages().items() if name in NEEDED and abs(age) > LATE]
        return f"last succeeded: {', '.join(late)}" if late else None

    async def outbox(self) -> str | None:
        """Whether everything that other machines are told arrives in time: what is dead waits for an operator."""
        try:
            dead = await (await self._opened()).read(outbox.count_dead)
        except Exception:  # noqa: BLE001 - the database check says it
            return None
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(dead.items()))
        return f"could not be delivered: {said}; see gatelodge outbox list" if dead else None

    async def _opened(self) -> Database:
        async with self._opening:  # two ask at once, and one opens
            if self._db is None:
                db = open_database(self._policy)
                await db.start()
                self._db = db
            return self._db


def concerns(health: Health) -> Mapping[str, Check]:
    """Return what an operator should look at some time, by name: it says nothing of whether requests are answered."""
    return {"outbox": health.outbox}


def checks(health: Health, accepts: Callable[[], bool]) -> Mapping[str, Check]:
    """Return what must be well, by name; `accepts` says whether connections are accepted."""

    async def workers() -> str | None:
        return None if accepts() else "no worker accepts connections"

    return {
        "workers": workers,
        "database": health.database,
        "signing_keys": health.signing_keys,
        "watches": health.watches,
    }
