"""The disk is full: what needs no write goes on, the rest is refused, and space alone heals it."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.faults.conftest import House, authorize_url, furnish
from tests.server_process import Installation, answers, eventually

SIZE = "24m"  # room for a server that is ready, and soon filled


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A file system of some megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"NO SMALL DISK: a full one was not tried; {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Generator[None]:
    """No byte is free while the block runs."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as out:
        free = os.statvfs(disk)
        for size in (free.f_frsize * free.f_bavail, *[4096] * 64):
            try:
                while out.write(b"\0" * size):
                    size = 4096
            except OSError:
                continue
    yield
    ballast.unlink()


def test_FLT_06_writes_are_refused_reads_go_on_and_space_heals_it(small_disk: Path, tmp_path: Path):
    installation = Installation(tmp_path, f"sqlite:///{small_disk / 'gatelodge.db'}")
    key = furnish(installation)
    with installation.serve() as server, server.http() as http:
        house = House(server, key)
        tokens = house.exchange(http, house.person().answer(authorize_url(server))["code"]).json()
        with filled(small_disk):
            newest, refused = refresh_until_refused(house, http, tokens)
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.json()["error"] == "temporarily_unavailable"
            assert house.is_active(http, newest["access_token"])
            assert http.get("/jwks").status_code == 200
            assert http.get("/.well-known/openid-configuration").status_code == 200
            daemon = http.post("/token", data={"grant_type": "client_credentials"}, auth=house.daemon)
            assert daemon.status_code == 200
            unready = httpx2.get(f"{server.management}/readyz", timeout=20)
            assert (unready.status_code, unready.json()["wrong"]["database"]) == (503, "the disk is full")
        eventually(lambda: answers(f"{server.management}/readyz"), "it is ready again")
        healed = eventually(lambda: refreshed(house, http, newest["refresh_token"]), "tokens are refreshed again")
        assert house.is_active(http, healed["access_token"])


def refreshed(house: House, http: httpx2.Client, token: str) -> dict[str, str] | None:
    """Refresh once more; `None` if the server is still unwell."""
    answer = house.refresh(http, token)
    assert answer.status_code in (200, 503), answer.text
    return answer.json() if answer.status_code == 200 else None


def refresh_until_refused(
    house: House, http: httpx2.Client, tokens: dict[str, str]
) -> tuple[dict[str, str], httpx2.Response]:
    """Refresh until no page is left; return what was acknowledged last, and the refusal."""
    for _ in range(2_000):
        answer = house.refresh(http, tokens["refresh_token"])
        if answer.status_code == 503:
            return tokens, answer
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
    raise AssertionError("the disk is never full")
