"""Gatelodge as an operator would set it up: by its own command line, with the settings it ships with."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.browser import Browser
from bench.ports import free_port
from bench.postgres import Postgres
from bench.processes import Processes, answers
from bench.subject import APIS, ES256, PASSWORD, REDIRECT_URI, USERS, BenchClient, Facts, Paths

COMMAND = Path(sys.executable).parent / "gatelodge"
_PATHS = Paths(authorize="/authorize", token="/token", introspect="/introspect", userinfo="/userinfo", jwks="/jwks")
_SESSIONS = 64


@dataclass(frozen=True, slots=True)
class Installation:
    """A configured server that is not running: its directory, its port, and its clients."""

    directory: Path
    port: int
    web: BenchClient
    daemon: BenchClient

    @property
    def base(self) -> str:
        """Its issuer."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment its commands run in."""
        return {"GATELODGE_CONFIG": str(self.directory / "gatelodge.toml")}

    @property
    def serve(self) -> list[str]:
        """The command that serves it."""
        return [str(COMMAND), "serve", "--port", str(self.port)]


@dataclass(slots=True)
class Gatelodge:
    """The running server."""

    facts: Facts
    cookies: Sequence[str] = ()
    _spare: dict[str, str] = field(default_factory=dict[str, str])

    def sign_in(self, user: str) -> str:
        """Return a browser beside the load; the same one again, since a replay ends only its own family."""
        if user not in self._spare:
            self._spare[user] = signed_in(self.facts, user)
        return self._spare[user]

    def sessions(self) -> Sequence[str]:
        """Return the browsers of the load."""
        return self.cookies


def install(directory: Path, database: str | None = None) -> Installation:
    """Set up a server with the bench's APIs, clients and users, on SQLite beside it unless `database` is a URL."""
    directory.mkdir()
    port = free_port()
    config = {"GATELODGE_CONFIG": str(directory / "gatelodge.toml")}
    url = database or f"sqlite:///{directory / 'gatelodge.db'}"
    _command(config, "init", "--issuer", f"http://127.0.0.1:{port}", "--database", url)
    _command(config, "migrate", "up")
    daemon = _client(config, "daemon", "service", "--scope", " ".join(api.scope for api in APIS))
    personal = f"openid profile email offline_access {ES256.scope}"
    flow = ("--redirect-uri", REDIRECT_URI, "--grant", "authorization_code", "--grant", "refresh_token")
    web = _client(config, "web", "web", "--scope", personal, "--id-token-alg", "ES256", *flow)
    for api in APIS:
        named = ("--scope", f"{api.scope}=Read what the bench keeps", "--introspector", daemon.id)
        _command(config, "apis", "add", api.identifier, "--format", api.format, "--alg", api.alg, *named)
    for user in USERS:
        who = ("--username", user, "--email", f"{user}@bench.test", "--name", "Bench User", "--password-stdin")
        _command(config, "users", "add", *who, stdin=PASSWORD + "\n")
    return Installation(directory, port, web, daemon)


def start(processes: Processes, core: int, directory: Path, database: Postgres | None) -> Gatelodge:
    """Set it up, start it on `core` and sign everybody in. Raises DidNotStart when it does not come up."""
    engine = "postgres" if database else "sqlite"
    made = install(directory / f"gatelodge-{engine}", database and database.make_database("gatelodge_bench"))
    name = f"gatelodge-{engine}"
    process = processes.start(name, made.serve, core=core, cwd=made.directory, env=made.env)
    processes.wait_until(answers(made.base + _PATHS.discovery), name, process)
    facts = facts_of(made, f"gatelodge/{engine}", process.pid, database)
    return Gatelodge(facts, [signed_in(facts, USERS[turn % len(USERS)]) for turn in range(_SESSIONS)])


def facts_of(made: Installation, name: str, pid: int, database: Postgres | None) -> Facts:
    """Return what the bench needs to know about a running installation."""
    return Facts(
        name=name,
        base=made.base,
        paths=_PATHS,
        web=made.web,
        daemon=made.daemon,
        server=(pid,),
        database=(database.pid,) if database and database.pid else (),
        cpu_is_whole=database is None or database.pid is not None,
    )


def signed_in(facts: Facts, user: str) -> str:
    """Sign a person in with a new browser, as a person does, and return its cookies."""
    browser = Browser(facts)
    browser.sign_in(user)
    return browser.cookie


def version() -> str:
    """Return what is measured."""
    return "gatelodge " + json.loads(_command({}, "version", "--json"))["gatelodge"]


def _client(config: dict[str, str], name: str, kind: str, *options: str) -> BenchClient:
    described = _command(
        config, "clients", "add", "--id", name, "--name", f"Bench {name}", "--type", kind,
        "--auth", "client_secret_basic", "--json", *options,
    )  # fmt: skip
    made = json.loads(described)
    return BenchClient(made["client_id"], made["client_secret"])


def _command(config: dict[str, str], *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        [str(COMMAND), *words], input=stdin, capture_output=True, text=True, check=False, env={**os.environ, **config}
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: gatelodge {' '.join(words[:2])} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout
