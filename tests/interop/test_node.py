"""npm openid-client, with oauth4webapi's strict checks beneath it, and jose."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.interop.conftest import API, REDIRECT_URI, SCOPE, Site

pytestmark = pytest.mark.interop
HERE = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def installed() -> Path:
    """A folder outside the repository that has the packages; filled once for each list of them."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("NO NODE: openid-client was not tried; install node and npm")
    wanted = (HERE / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatelodge-tests"
    folder = cache / f"node-{hashlib.sha256(wanted).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            (folder / "package.json").write_bytes(wanted)
            quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
            subprocess.run(["npm", "install", *quiet], cwd=folder, check=True, timeout=120)
            (folder / "complete").touch()
    return folder


def play(installed: Path, site: Site, scenario: str) -> dict[str, Any]:
    """Run a scenario, opening what it wants a person to open, and return what it found."""
    told = {
        "issuer": site.issuer,
        "secrets": site.server.installation.secrets,
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPE,
        "api": API,
        "key": site.key.as_dict(private=True),
    }
    script = installed / f"relying_party-{os.getpid()}.mjs"  # beside the packages, where node looks for them
    shutil.copy(HERE / "relying_party.mjs", script)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["node", script, scenario, json.dumps(told)], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as node:
        try:
            return converse(node, site)
        finally:
            node.kill()
            script.unlink()


def converse(node: subprocess.Popen[str], site: Site) -> dict[str, Any]:
    assert node.stdin
    assert node.stdout
    assert node.stderr
    for line in node.stdout:
        said = json.loads(line)
        if "compare" in said:
            node.stdin.write(f"{site.person().compare(said['compare']).status_code}\n")
        elif "open" in said:
            node.stdin.write(site.person().open(said["open"]) + "\n")
        else:
            return said
        node.stdin.flush()
    raise AssertionError(node.stderr.read())


def test_a_person_signs_in_and_the_tokens_work_until_they_are_revoked(installed: Path, site: Site):
    found = play(installed, site, "web")
    assert found["email"] == "alice@example.org"
    assert found["rotated"] is True
    assert (found["before"]["active"], found["after"]) == (True, {"active": False})


def test_a_public_client_signs_in_and_jose_verifies_both_tokens(installed: Path, site: Site):
    assert play(installed, site, "spa") == {"same": True, "client": "spa"}


def test_a_client_proves_itself_with_its_key_again_and_again(installed: Path, site: Site):
    assert play(installed, site, "keyholder") == {"fresh": True}


def test_requests_are_pushed_by_every_kind_of_client(installed: Path, site: Site):
    assert play(installed, site, "pushed") == {"found": [True] * 3, "error": "invalid_scope", "status": 400}


def test_requests_are_signed_and_answers_too(installed: Path, site: Site):
    assert play(installed, site, "signed") == {"found": [True] * 3}


def test_a_device_polls_until_somebody_allowed_it(installed: Path, site: Site):
    found = play(installed, site, "device")
    assert (found["early"], found["sub"], found["client"]) == ("authorization_pending", found["who"], "tv")
    assert found["scope"].split() == SCOPE.split()


def test_a_daemon_gets_a_token_for_its_api(installed: Path, site: Site):
    found = play(installed, site, "daemon")
    assert (found["claims"]["sub"], found["claims"]["scope"], found["refresh"]) == ("daemon", "orders:read", None)


@pytest.mark.parametrize("scenario", ["bound", "boundEd25519", "boundPS256", "boundWithNonce", "boundAndPushed"])
def test_tokens_are_bound_to_a_key_and_worth_nothing_without_it(installed: Path, site: Site, scenario: str):
    assert play(installed, site, scenario) == {
        "email": "alice@example.org",
        "type": "dpop",
        "same": True,
        "stolen": "invalid_grant",
        "bare": "invalid_dpop_proof",
        "asBearer": "invalid_token",
    }


def test_a_refusal_arrives_as_the_error_the_specification_names(installed: Path, site: Site):
    assert play(installed, site, "denied") == {"error": "unauthorized_client", "status": 400}
