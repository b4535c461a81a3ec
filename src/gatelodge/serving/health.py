"""Whether the server is well: what `/readyz` asks, over a database handle of its own."""

from collections.abc import Mapping
from dataclasses import replace

from gatelodge.clock import SystemClock
from gatelodge.config.policies import Config
from gatelodge.database.engines import file_identity, lack_of_room, open_database
from gatelodge.database.tx import Database, Unavailable
from gatelodge.keys.keyring import ALGORITHMS, state
from gatelodge.serving.management import Check
from gatelodge.stores import instance, signing_keys


class Health:
    """Asks the database in the same way as a request would."""

    def __init__(self, config: Config) -> None:
        self._policy = replace(config.database, lanes=1)
        self._db: Database | None = None
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
        now = SystemClock().now()
        missing = [alg for alg in ALGORITHMS if not any(r.alg == alg and state(r, now) == "active" for r in rows)]
        return f"no active key for {', '.join(missing)}" if missing else None

    async def _opened(self) -> Database:
        if self._db is None:
            db = open_database(self._policy)
            await db.start()
            self._db = db
        return self._db


def checks(config: Config) -> Mapping[str, Check]:
    """Return the checks of one server, by name."""
    health = Health(config)
    return {"database": health.database, "signing_keys": health.signing_keys}
