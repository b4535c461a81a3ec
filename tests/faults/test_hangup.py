"""SIGHUP: the configuration is read again, and nobody who connects meanwhile is refused."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest
from tests.faults.test_stopping import BODY, half_sent
from tests.server_process import PATIENCE, SECRET_KEY, Installation, Started, answers, eventually

REFUSED = '"refused to begin anew'


def write(config: Path, lifetime: str) -> None:
    config.write_text(f"[tokens]\naccess_token_lifetime = {lifetime}\n", "utf-8")


@dataclass
class InFile(Installation):
    """An installation whose database and secret key are in its file, where they can be changed as it runs."""

    @property
    def environ(self) -> dict[str, str]:
        """Everything else."""
        hidden = ("GATELODGE_DATABASE", "GATELODGE_SECRET_KEY")
        return {name: value for name, value in super().environ.items() if name not in hidden}

    def write(self, database: str = "first", secret_key: str = SECRET_KEY) -> None:
        url = f"sqlite:///{self.folder / database}.db"
        file = self.folder / "gatelodge.toml"
        file.touch(0o600)
        file.write_text(f'[database]\nurl = "{url}"\n[keys]\nsecret_key = "{secret_key}"\n', "utf-8")


@contextmanager
def asked_all_the_time(server: Started) -> Generator[set[int]]:
    """Ask over a new connection each time, and yield every status there was; 0 where there was no answer."""
    said, over = set[int](), Event()

    def ask() -> None:
        while not over.is_set():
            try:
                said.add(httpx2.get(f"{server.issuer}/jwks", timeout=PATIENCE).status_code)
            except httpx2.TransportError:
                said.add(0)

    asking = Thread(target=ask)
    asking.start()
    try:
        yield said
    finally:
        over.set()
        asking.join()


@pytest.mark.parametrize("workers", [1, 2])
def test_SIGHUP_begins_anew_with_what_is_configured_now_and_refuses_nobody(tmp_path: Path, workers: int):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    secret = installation.add_client("daemon", "--type", "service", "--scope", "jobs")
    config = tmp_path / "gatelodge.toml"

    def lifetime() -> int:
        form, proof = {"grant_type": "client_credentials"}, ("daemon", secret)
        return httpx2.post(f"{installation.issuer}/token", data=form, auth=proof, timeout=PATIENCE).json()["expires_in"]

    write(config, "100")
    with installation.serve(workers) as server, asked_all_the_time(server) as statuses:
        assert lifetime() == 100
        write(config, "200")
        with half_sent(server) as running:
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: "Shutting down" in server.said(), "it hears")
            running.sendall(BODY[10:])
            assert running.recv(65_536).startswith(b"HTTP/1.1 401")
        eventually(lambda: lifetime() == 200, "it has begun anew")
        write(config, "-1")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: REFUSED in server.said(), "it hears")
        assert lifetime() == 200
        assert server.process.poll() is None
        eventually(lambda: httpx2.get(f"{server.management}/readyz").status_code == 200, "it is ready")
        assert statuses == {200}
    assert "Traceback" not in server.said()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_is_ready_when_it_accepts_connections_and_not_before(tmp_path: Path, workers: int):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    server = installation.start("--workers", str(workers))
    try:
        eventually(lambda: answers(f"{server.management}/readyz"), "it is ready")
        assert answers(f"{server.issuer}/jwks")
        with half_sent(server):
            server.process.terminate()
            eventually(lambda: "Shutting down" in server.said(), "it hears")
            said = httpx2.get(f"{server.management}/readyz", timeout=PATIENCE)
            assert (said.status_code, "workers" in said.json()["wrong"]) == (503, True)
    finally:
        server.kill()


@pytest.mark.parametrize("workers", [1, 2])
def test_another_database_waits_for_a_restart_and_is_named(tmp_path: Path, workers: int):
    installation = InFile(tmp_path, "")
    installation.write()
    with installation.serve(workers) as server:
        installation.write(database="second")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.said().count("startup complete") == 2 * workers, "it has begun anew")
        assert '"setting":"database.url"' in server.said()
        eventually(lambda: answers(f"{server.management}/readyz"), "it is ready")
        assert not (tmp_path / "second.db").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_reads_well_and_cannot_serve_changes_nothing(tmp_path: Path, workers: int):
    installation = InFile(tmp_path, "")
    installation.write()
    with installation.serve(workers) as server:
        installation.write(secret_key="another" * 6)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: REFUSED in server.said(), "it hears")
        if workers > 1:
            before = server.workers()
            os.kill(before[0], signal.SIGKILL)
            eventually(lambda: server.said().count("startup complete") == workers + 1, "the dead one is replaced")
        eventually(lambda: answers(f"{server.management}/readyz"), "it is ready")
        assert answers(f"{server.issuer}/jwks")


def test_a_worker_that_hangs_is_not_waited_for_at_SIGHUP_nor_at_SIGTERM(tmp_path: Path):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    with installation.serve(workers=2) as server:
        old = set(server.workers())
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: set(server.workers()) - old, "the first successor starts")  # the supervisor asks nobody now
        for worker in old:
            os.kill(worker, signal.SIGSTOP)
        eventually(lambda: len(set(server.workers()) - old) == 2 and not old & set(server.workers()), "both are new")
        with half_sent(server):
            server.process.terminate()
            eventually(lambda: "Received SIGTERM" in server.said(), "it hears")
            for worker in server.workers():
                os.kill(worker, signal.SIGSTOP)
            assert server.process.wait(PATIENCE) == 0
    assert "does not finish and is killed" in server.said()


def test_told_to_stop_while_it_begins_anew_one_worker_finishes_what_runs_and_closes_both(tmp_path: Path):
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")
    with installation.serve() as server, half_sent(server) as running:
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "Shutting down" in server.said(), "it hears")
        server.process.terminate()
        running.sendall(BODY[10:])
        assert running.recv(65_536).startswith(b"HTTP/1.1 401")
        assert server.process.wait(PATIENCE) in (0, -15)
    assert "Traceback" not in server.said()
    assert not list(tmp_path.glob("*.db-wal"))  # SQLite removes it when the last connection is closed
