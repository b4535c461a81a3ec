"""Several processes keep the grants of one SQLite store fresh at our own server, and are killed while they do."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from tests.client.keeping.conftest import KEY
from tests.faults.conftest import House, authorize_url, furnish
from tests.server_process import Installation, eventually

from gatelodge.client import ClientConfig, OAuthClient, SecretBasic, ServerUnavailable, Tokens
from gatelodge.client.keeping import Renewer, sqlite_store
from gatelodge.client.keeping.times import LEASE

pytestmark = pytest.mark.slow

LIFETIME = 4  # seconds of an access token
NAMES = [f"grant-{number}" for number in range(6)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    settings = {"TOKENS_ACCESS_TOKEN_LIFETIME": str(LIFETIME)}
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}", settings)
    key = furnish(installation)
    with installation.serve() as server:
        yield House(server, key)


@pytest.fixture
def renewer(house: House, tmp_path: Path) -> Renewer:
    """One that is not started, with the tokens of six sign-ins."""
    config = ClientConfig(issuer=house.server.issuer, client_id="web", auth=SecretBasic(house.web[1]))
    renewer = Renewer(OAuthClient(config), sqlite_store(tmp_path / "kept", [KEY]))
    person, http = house.person(), house.server.http()
    person.open(authorize_url(house.server))
    for name in NAMES:
        arrived = person.http.get(authorize_url(house.server)).headers["location"]
        renewer.keep(name, tokens(house.exchange(http, httpx2.URL(arrived).params["code"]).json()))
    return renewer


def tokens(members: dict[str, str]) -> Tokens:
    now = int(time.time())
    return Tokens(
        access_token=members["access_token"],
        refresh_token=members["refresh_token"],
        token_type="Bearer",
        issued_at=now,
        expires_at=now + LIFETIME,
    )


class Workers:
    """So many processes, each replaced when it dies."""

    def __init__(self, house: House, folder: Path, dies: float) -> None:
        self.told = {
            "issuer": house.server.issuer,
            "secret": house.web[1],
            "path": str(folder / "kept"),
            "key": KEY,
            "names": NAMES,
            "dies": dies,
            "began": time.time(),
        }
        self.log = (folder / "said").open("a+")
        self.deaths = 0

    def work(self, seconds: float, processes: int) -> list[dict[str, str]]:
        """Have them work that long, and return all they said."""
        end = time.monotonic() + seconds
        running = [self._started(seconds) for _ in range(processes)]
        while time.monotonic() < end:
            for place, process in enumerate(running):
                if process.poll() is not None and time.monotonic() < end - 1:
                    self.deaths += process.returncode == -9
                    running[place] = self._started(end - time.monotonic())
            time.sleep(0.05)
        for process in running:
            process.wait(60)
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        assert "Traceback" not in said, said[-3000:]
        return [json.loads(line) for line in said.splitlines() if line.startswith("{") and line.endswith("}")]

    def _started(self, seconds: float) -> subprocess.Popen[bytes]:
        told = json.dumps(self.told | {"seconds": seconds})
        worker = [sys.executable, "-m", "tests.client.keeping.worker", told]
        return subprocess.Popen(worker, stdout=self.log, stderr=self.log, cwd=Path(__file__).parents[3])


def test_processes_that_share_a_store_renew_each_grant_once(house: House, renewer: Renewer, tmp_path: Path):
    said = Workers(house, tmp_path, dies=0).work(8, processes=3)
    assert [one for one in said if "lost" in one] == []
    assert {one["went_on"] for one in said if "went_on" in one} == set(NAMES)

    presented = Counter(one["presents"] for one in said if "presents" in one)
    assert set(presented.values()) == {1}


def test_processes_that_are_killed_while_they_renew_lose_no_grant(house: House, renewer: Renewer, tmp_path: Path):
    """In waves, with an answer unread: whoever comes next presents the same token and gets the same answer."""
    workers = Workers(house, tmp_path, dies=0.5)
    said = workers.work(20, processes=3)
    assert workers.deaths >= 2
    assert [one for one in said if "lost" in one] == []

    with house.server.http() as http:
        for name in NAMES:
            token = eventually(lambda name=name: fresh(renewer, name), f"{name} is fresh", 2 * LEASE)
            assert house.is_active(http, token), name


def fresh(renewer: Renewer, name: str) -> str | None:
    """A token, `None` while the lease of the dead runs out."""
    with suppress(ServerUnavailable):
        return renewer.access_token(name)
    return None
