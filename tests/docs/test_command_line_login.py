"""docs/command-line-login.md: a person signs in at the demo, and curl and git call with what that brings."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.docs.conftest import Demo, Shell
from tests.docs.examples import ROOT, example
from tests.person import Person

from gatelodge.client.native import sign_in as native

WALK = """
import sys
sys.path.insert(0, {root!r})
import httpx2
from tests.person import Person
with httpx2.Client(base_url={issuer!r}, timeout=30) as http:
    sys.exit(httpx2.get(Person(http).open(sys.argv[1]), timeout=30).status_code != 200)
"""


@pytest.fixture
def shell(demo: Demo, tmp_path: Path) -> Shell:
    """A shell of a person with a browser and without a keyring."""
    walker = tmp_path / "walk.py"
    walker.write_text(WALK.format(root=str(ROOT), issuer=demo.issuer))
    shell = Shell(tmp_path, {"localhost:8000": f"localhost:{demo.port}"})
    shell.environ = {
        "BROWSER": f"{sys.executable} {walker} %s",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return shell


def test_signing_in_calling_and_signing_out(shell: Shell) -> None:
    said = shell.run(example("docs/command-line-login.md", "gatelodge login"))
    assert "Alice" in said
    assert shell.environ["TOKEN"].startswith("eyJ")

    part, whole = shell.run(example("docs/command-line-login.md", "gatelodge token --scope")).split("\n", 1)
    assert part.startswith("eyJ")
    assert json.loads(whole)["token_type"] == "Bearer"

    with_header, with_config = shell.run(example("docs/command-line-login.md", "curl -s -H")).split("}{")
    assert "alice@example.com" in with_header
    assert "alice@example.com" in with_config

    shell.run(example("docs/command-line-login.md", "git config"))
    asked = "printf 'protocol=https\\nhost=git.example.com\\n\\n' | git credential fill"
    assert shell.environ["TOKEN"] in shell.run(asked)

    assert "Signed out" in shell.run(example("docs/command-line-login.md", "gatelodge logout"))


def test_registering_the_program(shell: Shell) -> None:
    shell.environ |= {"GATELODGE_DATABASE": "sqlite:///here.db", "GATELODGE_ISSUER": "http://localhost:8000"}
    assert "cli" in shell.run(example("docs/command-line-login.md", "gatelodge clients add"))


def test_in_a_program(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    def browse(url: str) -> bool:
        with httpx2.Client(base_url=demo.issuer, timeout=30) as http:
            return httpx2.get(Person(http).open(url), timeout=30).status_code == 200

    names: dict[str, Any] = {"__name__": "an_example"}
    exec(demo.shell().put(example("docs/command-line-login.md", "# sign_in.py")), names)
    monkeypatch.setitem(names, "Native", lambda tell: native.Native(tell=tell, browser=browse))
    assert names["sign_in"]().person.sub == "demo-alice"
    names["tell"](native.EnterCode("https://id.test/device", "ABCD", None))
