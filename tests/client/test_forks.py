"""FORK-01: a process is forked while a token, metadata and keys are being fetched and stores are in use."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.server_process import eventually

DONE = {
    "refresh": "an-access-token",
    "metadata": "https://id.test",
    "token": "an-access-token",
    "keys": True,
    "memory": "held",
    "sqlite": "held",
}
ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds after which a process is taken to hang


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return dict(os.environ) | {"PREFORKED": str(tmp_path), "PYTHONPATH": str(ROOT)}


def test_FORK_01_forked_processes_and_the_first_one_all_go_on(environment: dict[str, str]):
    program = [sys.executable, "-m", "tests.client.preforked", "12"]
    ended = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == DONE


@pytest.fixture
def socket(environment: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """Where gunicorn listens, which loaded the program before it forked."""
    pytest.importorskip("gunicorn")
    path = tmp_path / "socket"
    gunicorn = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", f"unix:{path}"]
    with (tmp_path / "log").open("w") as log:
        started = subprocess.Popen(
            [*gunicorn, "--no-control-socket", "tests.client.preforked:app"], cwd=ROOT, env=environment, stderr=log
        )
        try:
            eventually(path.exists, "gunicorn listens", PATIENCE)
            yield path
        finally:
            started.terminate()
            started.wait(PATIENCE)


def test_FORK_01_the_workers_of_a_prefork_server_go_on(socket: Path):
    told = dict[int, dict[str, object]]()
    transport = httpx2.HTTPTransport(uds=str(socket))
    with httpx2.Client(transport=transport, timeout=PATIENCE) as http:
        while len(told) < 2:
            answer = http.get("http://shop.test/", headers={"connection": "close"}).json()
            assert answer.pop("first") != answer["process"]
            told[answer.pop("process")] = answer
    assert list(told.values()) == [DONE, DONE]
