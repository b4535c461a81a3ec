"""The code to take away works: every snippet is followed to the letter, against a demo that runs.

The page for a single-page application needs a browser: tests/browser/test_playground_code.py.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx2
import pytest
from tests.docs.conftest import Demo, Person, serving
from tests.docs.conftest import demo as demo
from tests.docs.conftest import person as person
from tests.docs.examples import ROOT
from tests.ports import free_port
from tests.world import CHALLENGE, VERIFIER

from gatelodge.clock import SystemEntropy
from gatelodge.keys.vault import Vault
from gatelodge.playground.sample import Sample
from gatelodge.playground.scripts import SCRIPTS
from gatelodge.playground.snippets import API, Snippet, snippets
from gatelodge.playground.stub_issuer import StubIssuer

pytestmark = pytest.mark.slow
ORDERS = ["a looking glass", "a pocket watch"]


def every_snippet(sample: Sample) -> list[Snippet]:
    """What the pages of all flows show."""
    return [one for code in (API, *(script.code for script in SCRIPTS)) for one in snippets(code, sample)]


@dataclass
class Copied:
    """A snippet in somebody's hands: its text on a free port, in a folder of its own. `secret` is of the client."""

    demo: Demo
    folder: Path
    text: str
    port: int
    secret: str = "playground-secret"

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def register(self) -> None:
        """Run the registration that its comment says, and note the secret."""
        command = re.search(r"gatelodge clients add(?:.*\\\n)*.*", self.text)
        assert command is not None
        shell = self.demo.shell()
        shell.environ = {"GATELODGE_DATABASE": "sqlite:///var/demo/demo.db"}
        said = shell.run(re.sub(r"\\\n#? *", " ", command[0]))
        self.secret = next((word for word in said.split() if word.startswith("gls_")), "")

    def command(self, program: str) -> list[str]:
        """The command that its comment says to run, from `program` on."""
        found = re.search(rf"^# (?:CLIENT_SECRET=\S+ )?({program} .*)$", self.text, re.M)
        assert found is not None
        return found[1].split()

    @contextmanager
    def served(self, command: list[str], ready: str) -> Generator[str]:
        """Run it as a server until the block ends, and say where."""
        environ = {"CLIENT_SECRET": self.secret, "PYTHONUNBUFFERED": "1"}
        with serving(command, self.folder, self.origin + ready, environ):
            yield self.origin

    @contextmanager
    def deployed(self, framework: str, ready: str) -> Generator[str]:
        """Put it where its framework wants it, and serve it."""
        if framework == "django":
            self.write_django()
            command = ["python", "manage.py", "runserver", "--noreload", str(self.port)]
        else:
            (self.folder / "main.py").write_text(self.text)
            command = self.command({"fastapi": "uvicorn", "flask": "flask"}[framework])
        with self.served(command, ready) as origin:
            yield origin

    def write_django(self) -> None:
        """Begin a project as Django's tutorial does, and put every part of the snippet where its comment says."""
        begin = [sys.executable, "-m", "django", "startproject", "shop", str(self.folder)]
        subprocess.run(begin, check=True, timeout=30)
        settings = self.folder / "shop" / "settings.py"
        settings.write_text(settings.read_text() + "\nINSTALLED_APPS.append('shop')\n")
        _, *parts = re.split(r"^# (?=[\w/]+\.py)", self.text, flags=re.M)
        for part in parts:
            name = re.split(r"[,\n]", part)[0]
            file = self.folder / "shop" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            before = file.read_text() if name == "settings.py" else ""
            file.write_text(f"{before}# {part}")


@dataclass
class Copy:
    """Copies snippets from the page. `instead` gives every test a client of its own."""

    demo: Demo
    folder: Path

    def __call__(self, key: str, **instead: str) -> Copied:
        sample, port = Sample(self.demo.issuer, "playground-secret", 60), free_port()
        text = next(one.text for one in every_snippet(sample) if one.key == key)
        for old, new in {"localhost:5000": f"localhost:{port}", "--port 5000": f"--port {port}", **instead}.items():
            text = text.replace(old, new)
        return Copied(self.demo, self.folder, text, port)


@pytest.fixture
def copy(demo: Demo, tmp_path: Path) -> Copy:
    return Copy(demo, tmp_path)


TRIED = {
    *("code-fastapi", "code-django", "code-flask", "code-curl", "public-curl", "public-python", "public-javascript"),
    "pushed-fastapi",
    *("device-python", "device-curl"),
    *("machine-python", "machine-fastapi", "machine-django", "machine-flask", "machine-curl"),
    "bound-python",
    *("api-fastapi", "api-django", "api-flask", "acting-python", "workload-curl"),
}


def test_every_snippet_is_tried_here_or_in_a_browser() -> None:
    sample = Sample("http://localhost:8000", "playground-secret", 60)

    assert {one.key for one in every_snippet(sample)} == TRIED


# A web application


@pytest.mark.parametrize("key", ["code-fastapi", "code-django", "code-flask", "pushed-fastapi"])
def test_a_web_application_logs_alice_in_and_calls_the_api(copy: Copy, person: Person, key: str) -> None:
    framework = key.partition("-")[2]
    copied = copy(key, **{"my-app": f"my-{key}"})
    copied.register()
    with copied.deployed(framework, "/backchannel-logout") as origin:
        assert httpx2.get(f"{origin}/orders").headers["location"].startswith("/login?next=/orders")
        home = person.open(f"{origin}/login")
        assert str(home.url) == f"{origin}/"
        assert home.json() == {"hello": "Alice Liddell"}
        answer = person.http.get(f"{origin}/orders").json()

    assert answer["orders_of"] == "demo-alice"
    assert answer["through"] == f"my-{key}"


# A shell


class Commands:
    """A shell that runs the commands of a sign-in up to the question for the answer."""

    def __init__(self, copied: Copied) -> None:
        command = ["bash", "-euo", "pipefail", "-c", copied.text]
        self.shell = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.shell.stdout is not None
        self.asking = self.shell.stdout.readline().strip()

    def answer(self, url: str) -> str:
        """Paste an address, and return what is said then."""
        return self.shell.communicate(url + "\n", timeout=30)[0]


@pytest.mark.parametrize("flow", ["code", "public"])
def test_the_commands_of_a_sign_in(copy: Copy, person: Person, flow: str) -> None:
    commands = Commands(copy(f"{flow}-curl"))
    page = person.open(commands.asking)
    assert "Nobody here asked for this answer" in page.text
    said = commands.answer(str(page.url))

    orders, refreshed = said.partition("]}")[::2]
    assert json.loads(orders + "]}")["orders_of"] == "demo-alice"
    assert {"access_token", "refresh_token"} <= json.loads(refreshed).keys()


@pytest.mark.parametrize("flow", ["code", "public"])
@pytest.mark.parametrize(("name", "value"), [("state", "another"), ("iss", "https://another.test"), ("iss", "")])
def test_the_commands_take_no_answer_that_is_not_theirs(
    copy: Copy, person: Person, flow: str, name: str, value: str
) -> None:
    commands = Commands(copy(f"{flow}-curl"))
    parts = urlsplit(str(person.open(commands.asking).url))
    changed = re.sub(rf"(^|&){name}=[^&]*", rf"\1{name}={quote(value, safe='')}", parts.query)
    assert changed != parts.query

    assert commands.answer(urlunsplit(parts._replace(query=changed))) == "not our answer: stop\n"
    assert commands.shell.returncode != 0


def test_the_commands_of_a_machine(copy: Copy) -> None:
    command = ["bash", "-euo", "pipefail", "-c", copy("machine-curl").text]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)

    assert json.loads(said.stdout)["orders_of"] == "playground"


# A program on somebody's machine

BROWSER = """
import sys
sys.path.insert(0, {root!r})
import httpx2
from tests.person import Person
with httpx2.Client(base_url={issuer!r}, timeout=30) as http:
    sys.exit(httpx2.get(Person(http).open(sys.argv[1]), timeout=30).status_code != 200)
"""


def test_a_program_signs_alice_in_and_refreshes(copy: Copy, tmp_path: Path) -> None:
    copied = copy("public-python")
    copied.register()
    (tmp_path / "browser.py").write_text(BROWSER.format(root=str(ROOT), issuer=copied.demo.issuer))
    environ = {"BROWSER": f"{sys.executable} {tmp_path / 'browser.py'} %s"}
    command = [sys.executable, "-c", copied.text]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)

    assert said.stdout.splitlines()[1:] == [f"Alice Liddell {ORDERS}", str(ORDERS)]


def test_the_page_of_a_single_page_application_can_be_registered(copy: Copy) -> None:
    copied = copy("public-javascript")
    copied.register()

    assert copied.secret == ""


# A device


@pytest.mark.parametrize("language", ["python", "curl"])
def test_a_device_shows_a_code_and_goes_on_once_it_was_typed(copy: Copy, person: Person, language: str) -> None:
    copied = copy(f"device-{language}")
    command = [sys.executable, "-c", copied.text]
    if language == "python":
        copied.register()
    else:
        command = ["bash", "-euo", "pipefail", "-c", copied.text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        page, code = re.findall(r"Open (\S+) .*enter ([A-Z-]{9})", device.stdout.readline())[0]
        assert "Look at your device" in person.compare(f"{page}?user_code={code}").text
        said = device.stdout.read()

    if language == "curl":
        assert json.loads(said)["orders_of"] == "demo-alice"
    else:
        assert said == f"Alice Liddell {ORDERS}\n"


# A machine


@pytest.mark.parametrize("flow", ["machine", "bound"])
def test_a_program_without_a_person_calls_the_api(copy: Copy, flow: str) -> None:
    copied = copy(f"{flow}-python")
    (copied.folder / "report.py").write_text(copied.text)
    command = [sys.executable, *copied.command("python")[1:]]
    said = subprocess.run(
        command, cwd=copied.folder, env={"CLIENT_SECRET": copied.secret}, capture_output=True, text=True, timeout=60
    )

    assert said.stdout == "2 orders\n"


@pytest.mark.parametrize("framework", ["fastapi", "flask"])
def test_a_service_calls_the_api(copy: Copy, framework: str) -> None:
    with copy(f"machine-{framework}").deployed(framework, "/") as origin:
        assert httpx2.get(f"{origin}/report").json() == {"orders": 2}


def test_a_command_of_django_calls_the_api(copy: Copy) -> None:
    copied = copy("machine-django")
    copied.write_django()
    command = [sys.executable, "manage.py", "report"]
    said = subprocess.run(
        command, cwd=copied.folder, env={"CLIENT_SECRET": copied.secret}, capture_output=True, text=True, timeout=60
    )

    assert said.stdout == "2 orders\n"


def test_the_commands_of_a_job(copy: Copy) -> None:
    (key_file,) = (copy.demo.folder / "var" / "demo").glob("*key*")
    platform = StubIssuer.of(copy.demo.issuer, Vault([key_file.read_text().strip()], SystemEntropy()))
    environ = {**os.environ, "ASSERTION": platform.say(f"j{time.time_ns()}", int(time.time()))}
    command = ["bash", "-euo", "pipefail", "-c", copy("workload-curl").text]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=30)

    assert json.loads(said.stdout)["orders_of"] == "playground"


# Somebody who acts for a person


def test_who_is_shown_a_token_acts_for_its_person(copy: Copy, person: Person) -> None:
    copied = copy("acting-python")
    issuer, playground = copied.demo.issuer, ("playground", "playground-secret")
    asked = {
        "client_id": playground[0],
        "response_type": "code",
        "redirect_uri": f"{issuer}/playground/callback",
        "scope": "openid orders:read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    code = person.open(f"{issuer}/authorize?{urlencode(asked)}").url.params["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    redeemed = httpx2.post(f"{issuer}/token", data=form | {"redirect_uri": asked["redirect_uri"]}, auth=playground)
    environ = {"CLIENT_SECRET": copied.secret, "SUBJECT_TOKEN": redeemed.json()["access_token"]}
    command = [sys.executable, "-c", copied.text]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)

    assert said.stdout == "2 orders\n", said.stderr


# The API


@pytest.mark.parametrize("framework", ["fastapi", "django", "flask"])
def test_the_api_lets_in_whom_its_tokens_let_in(copy: Copy, framework: str) -> None:
    copied = copy(f"api-{framework}")
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    token = httpx2.post(f"{copied.demo.issuer}/token", data=form, auth=("playground", "playground-secret")).json()
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    with copied.deployed(framework, "/orders") as origin:
        assert httpx2.get(f"{origin}/orders").status_code == 401
        answer = httpx2.get(f"{origin}/orders", headers=bearer)

    assert answer.json() == {"orders_of": "playground", "through": "playground"}
