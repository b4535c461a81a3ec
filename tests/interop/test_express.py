"""npm express-openid-connect: an application nobody here wrote hears that its person signed out."""

import json
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from tests.interop.conftest import Site
from tests.npm import installed, node
from tests.person import Person
from tests.ports import free_port
from tests.server_process import answers, eventually

pytestmark = pytest.mark.interop
HERE = Path(__file__).parent / "express"


@dataclass(frozen=True)
class Application:
    """A running application, and browsers at it."""

    home: str

    @contextmanager
    def enter(self, person: Person) -> Generator[httpx2.Client]:
        """Sign a person in, who has a browser at the application until the block ends."""
        with httpx2.Client(base_url=self.home, follow_redirects=False, timeout=30) as browser:
            asked = browser.get("/login")
            assert asked.status_code == 302, asked.text
            back = browser.get(person.open(asked.headers["location"]))
            assert back.status_code == 302, back.text
            yield browser


@pytest.fixture(scope="module")
def application(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Generator[Application]:
    folder, port = installed(HERE / "package.json"), free_port()
    home = f"http://localhost:{port}"
    where = ("--redirect-uri", f"{home}/callback", "--backchannel-logout-uri", f"{home}/backchannel-logout")
    where = (*where, "--backchannel-logout-session")  # or this library ends all sessions of the person
    secret = site.server.installation.add_client("express", "--type", "web", *where, "--scope", "openid profile email")
    told = {"issuer": site.issuer, "home": home, "port": port, "client_id": "express", "client_secret": secret}
    script = folder / f"application-{os.getpid()}.mjs"  # beside the packages, where node looks for them
    shutil.copy(HERE / "application.mjs", script)
    log = tmp_path_factory.mktemp("express") / "log"
    with log.open("wb") as out, subprocess.Popen([node(), script, json.dumps(told)], stdout=out, stderr=out) as process:
        try:
            eventually(lambda: process.poll() is not None or answers(f"{home}/who"), "the application answers")
            assert process.poll() is None, log.read_text()
            yield Application(home)
        finally:
            process.kill()
            with suppress(FileNotFoundError):
                script.unlink()


def who(browser: httpx2.Client) -> str | None:
    return browser.get("/who").json()["who"]


def test_express_openid_connect_hears_that_its_person_signed_out(application: Application, site: Site) -> None:
    here, elsewhere = site.person(), site.person()
    with (
        closing(here.http),
        closing(elsewhere.http),
        application.enter(here) as browser,
        application.enter(elsewhere) as other,
    ):
        assert who(browser) is not None
        assert who(browser) == who(other)

        page = here.http.get("/logout")
        assert here.submit(page, decision="sign_out").status_code == 200

        eventually(lambda: who(browser) is None, "the application has signed this browser out")
        assert who(other) is not None
