"""Example Corp: a second Gatelodge beside the demo, from which people sign in to it. It ends with the demo."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from gatelodge.cli import running, samples
from gatelodge.config.policies import Config, DatabasePolicy, KeyPolicy, ServerPolicy
from gatelodge.ops.secret_file import keep_secret_key


@dataclass(frozen=True, slots=True)
class ExampleCorp:
    """The server at a port of this machine, which keeps what it knows in the folder `data`."""

    port: int
    data: Path

    @property
    def config(self) -> Config:
        """Its configuration; nothing of it comes from a file or the environment."""
        from gatelodge.demo import corp  # brings password hashing with it, for which `--help` must not wait

        return Config(
            server=ServerPolicy(issuer=corp.issuer(self.port), port=self.port),
            database=DatabasePolicy(url=f"sqlite:///{self.data / 'corp.db'}"),
            keys=KeyPolicy(secret_key_file=str(self.data / "corp.key")),
            looks=corp.LOOKS,
        )

    def prepare(self, demo: str) -> None:
        """Make its database, its people, and the demo at the issuer `demo` a client of it, or bring them up to date."""
        from gatelodge.authn.hashing import PasswordPool
        from gatelodge.demo import corp, planting

        config = self.config
        keep_secret_key(self.data / "corp.key")
        running.found(config)

        async def whole(context: running.CommandContext) -> None:
            newcomers = await context.db.read(planting.missing, corp.PEOPLE)
            pool = PasswordPool(config.sign_in, context.entropy)
            hashes = {person.new.username: await pool.hash(person.password) for person in newcomers}
            pool.close()
            await context.db.write(planting.plant_corp, demo, hashes, context.clock.now())

        running.run(config, whole)

    @contextmanager
    def running(self) -> Generator[None]:
        """Serve until the block ends."""
        process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-P", str(samples.TIED), "-m", "gatelodge", "serve"],
            env=self._environ(),
            cwd=self.data,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            yield
        finally:
            process.terminate()
            samples.wait(process)

    def _environ(self) -> Mapping[str, str]:
        config = self.config
        said = {
            "ISSUER": config.server.issuer,
            "SERVER_PORT": str(config.server.port),
            "DATABASE": config.database.url,
            "SECRET_KEY_FILE": config.keys.secret_key_file,
            **{f"LOOKS_{name.upper()}": value for name, value in asdict(config.looks).items() if value},
            "LOG_LEVEL": "error",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("GATELODGE_")}
        return others | {f"GATELODGE_{name}": value for name, value in said.items()}
