"""`login`, `token`, `whoami`, `logout`, `git-credential`: a real server, and the real loopback listener."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
import pytest
from tests.cli.conftest import Answered
from tests.person import Person
from tests.server_process import COMMAND, Installation, Started

from gatelodge.cli import sign_in
from gatelodge.client import Wanted
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.native.accounts import Account, Accounts
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate

API = "https://api.test/orders"
OTHER_API = "https://api.test/things"
ROOT = Path(__file__).parents[2]
WALK = """
import sys; sys.path.insert(0, {root!r})
import httpx2
from tests.person import Person
with httpx2.Client(base_url={issuer!r}, timeout=30) as http:
    page = httpx2.get(Person(http).open(sys.argv[1]), timeout=30)
    sys.exit(page.status_code != 200)
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("server")
    here = Installation(folder, f"sqlite:///{folder}/gatelodge.db")
    migrate.up(DatabasePolicy(url=here.database))
    here.add_person("alice", "wonderland")
    scopes = ("--scope", "openid profile email offline_access orders:read orders:write")
    native = ("--type", "native", "--redirect-uri", "http://127.0.0.1/callback")
    here.add_client("cli", *native, *scopes, "--grant", "authorization_code refresh_token device_code")
    here.add_client("other", "--type", "native", "--redirect-uri", "http://127.0.0.1/back", *scopes)
    here.run("apis", "add", API, "--name", "Orders", "--scope", "orders:read=See", "--scope", "orders:write=Place")
    with here.serve() as server:
        yield server


@dataclass
class Machine:
    """A person's machine: the command line with a browser that signs alice in."""

    issuer: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        walker = self.folder / "walk.py"
        walker.write_text(WALK.format(root=str(ROOT), issuer=self.issuer))
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BROWSER": f"{sys.executable} {walker} %s",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    @property
    def data(self) -> Path:
        return self.folder / ".local" / "share" / "gatelodge"

    def __call__(self, *words: str, stdin: str = "") -> Answered:
        done = subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Answered(done.returncode, done.stdout, done.stderr)

    def login(self, *options: str, client_id: str = "cli") -> Answered:
        said = self("login", "--issuer", self.issuer, "--client-id", client_id, *options)
        assert said.code == 0, said.err
        return said


@pytest.fixture
def machine(started: Started, tmp_path: Path) -> Machine:
    return Machine(started.issuer, tmp_path)


@pytest.fixture
def signed_in(machine: Machine) -> Machine:
    machine.login("--resource", API, "--scope", "openid profile email offline_access orders:read orders:write")
    return machine


def active(started: Started, token: str) -> bool:
    with started.http() as http:
        return http.get("/userinfo", headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_a_person_signs_in_and_out(machine: Machine, started: Started):
    said = machine.login()
    assert said.out.startswith(f"✓ Signed in at {machine.issuer} as ")
    assert "Your browser was opened" in said.err

    token = machine("token").out.strip()
    assert active(started, token)
    assert "Alice" in machine("whoami").out
    assert machine("whoami", "--json").json["email"] == "alice@example.org"

    out = machine("logout", "--json").json
    assert (out["issuer"], out["revoked"]) == (machine.issuer, True)
    assert not active(started, token)
    for words in (("token",), ("whoami",), ("logout",)):
        refused = machine(*words, "--json")
        assert (refused.code, refused.failure["error"]) == (1, "refused")
        assert "gatelodge login" in refused.failure["message"]


def test_a_token_is_for_what_was_asked(signed_in: Machine):
    whole = signed_in("token", "--json").json
    part = signed_in("token", "--resource", API, "--scope", "orders:read", "--json").json

    assert {"email", "orders:write"} <= set(whole["scope"].split())
    assert part["scope"] == "orders:read"
    assert part["access_token"] != whole["access_token"]
    assert signed_in("token", "--resource", API, "--scope", "orders:read").out.strip() == part["access_token"]
    assert signed_in("token").out.strip() == whole["access_token"]


def test_what_was_not_granted_is_refused_and_costs_nothing(signed_in: Machine):
    for wrong, error in ((("--resource", OTHER_API), "invalid_target"), (("--scope", "orders:all"), "invalid_scope")):
        for _ in range(2):
            refused = signed_in("token", *wrong, "--json")
            assert (refused.code, refused.failure["error"]) == (1, error)
    assert signed_in("token", "--scope", "orders:write").code == 0


def test_parts_of_another_sign_in_are_not_handed_out(signed_in: Machine):
    first = signed_in("token", "--scope", "orders:read").out
    signed_in.login("--resource", API, "--scope", "openid offline_access orders:read")

    assert signed_in("token", "--scope", "orders:read").out != first


def test_many_at_once_get_a_token_each(signed_in: Machine):
    """One refresh at a time: two would look like a thief."""
    scopes = ("orders:read", "orders:write", "openid", "profile", "email")
    command = " & ".join(f"{shlex.join(COMMAND)} token --scope {scope}" for scope in scopes)
    done = subprocess.run(
        ["bash", "-c", f"{command} & wait"], env=signed_in.environ, capture_output=True, text=True, timeout=90
    )
    assert len(set(done.stdout.split())) == len(scopes), done.stderr
    assert signed_in("token", "--scope", "openid email").code == 0


def test_curl_calls_with_it(signed_in: Machine):
    gatelodge = shlex.join(COMMAND)
    url = f"{signed_in.issuer}/userinfo"
    for command in (
        f"curl -s -H @<({gatelodge} token --header) {url}",
        f"{gatelodge} token --curl-config | curl -s -K - {url}",
        f'curl -s -H "$({gatelodge} token --header)" {url}',
    ):
        done = subprocess.run(
            ["bash", "-c", command], env=signed_in.environ, capture_output=True, text=True, timeout=60
        )
        assert json.loads(done.stdout)["email"] == "alice@example.org", done.stderr


def test_ways_to_print_exclude_one_another(signed_in: Machine):
    assert signed_in("token", "--header", "--curl-config").code == 2


def test_git_is_answered_for_the_hosts_named_and_no_others(signed_in: Machine):
    def ask(protocol: str, host: str, *options: str, action: str = "get") -> str:
        words = ("git-credential", "--host", "git.test", *options, action)
        said = signed_in(*words, stdin=f"protocol={protocol}\nhost={host}\npath=x.git\n\n")
        assert said.code == 0, said.err
        return said.out

    token = signed_in("token").out.strip()
    assert ask("https", "git.test") == f"username=oauth2\npassword={token}\n"
    assert ask("https", "git.test", "--username", "me").startswith("username=me\n")
    assert ask("https", "localhost:3000", "--host", "localhost:3000") != ""
    assert ask("http", "localhost:3000", "--host", "localhost:3000") != ""
    assert ask("http", "git.test") == ""
    assert ask("https", "evil.test") == ""
    assert ask("https", "git.test.evil.test") == ""
    assert ask("https", "git.test", action="store") == ""


def test_git_itself_gets_the_token(signed_in: Machine):
    helper = f"!{shlex.join(COMMAND)} git-credential --host git.test"
    done = subprocess.run(
        ["git", "-c", "credential.helper=", "-c", f"credential.https://git.test.helper={helper}", "credential", "fill"],
        input="protocol=https\nhost=git.test\n\n",
        env=signed_in.environ | {"GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"password={signed_in('token').out.strip()}\n" in done.stdout, done.stderr


def test_a_token_that_git_could_not_use_is_renewed(signed_in: Machine):
    token = signed_in("token").out.strip()
    stdin = f"protocol=https\nhost=git.test\nusername=oauth2\npassword={token}\n\n"
    assert signed_in("git-credential", "--host", "git.test", "erase", stdin=stdin).code == 0

    assert signed_in("token").out.strip() != token


def test_several_accounts_are_kept_apart(machine: Machine):
    machine.login()
    machine.login("--path", "/back", client_id="other")

    assert machine("whoami", "--json").json["client_id"] == "other"
    assert machine("whoami", "--client-id", "cli", "--json").json["client_id"] == "cli"
    assert machine("logout").code == 0
    assert machine("whoami", "--json").json["client_id"] == "cli"
    assert machine("whoami", "--issuer", "https://nobody.test").code == 1


def test_nothing_readable_is_kept_and_nobody_else_may_look(signed_in: Machine):
    tokens = json.dumps([signed_in("token").out.strip(), signed_in("token", "--scope", "orders:read").out.strip()])
    for file in signed_in.data.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
        content = file.read_bytes()
        assert not [token for token in json.loads(tokens) if token.encode() in content]
        assert b"glr_" not in content

    (signed_in.data / "tokens").chmod(0o644)
    refused = signed_in("token")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "chmod 600" in refused.err


def test_no_token_is_ever_said_but_as_the_answer(signed_in: Machine):
    token = signed_in("token").out.strip()
    for words in (("whoami",), ("whoami", "--json"), ("logout",)):
        said = signed_in(*words)
        assert "glr_" not in said.out + said.err
        assert token not in said.out + said.err
        assert "eyJ" not in said.out + said.err


def test_without_a_browser_the_url_is_shown(machine: Machine):
    process = subprocess.Popen(
        [*COMMAND, "login", "--issuer", machine.issuer, "--client-id", "other", "--path", "/back", "--no-browser"],
        cwd=machine.folder,
        env=machine.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Open this in a browser on this machine:\n"
        url = process.stderr.readline().strip()
        subprocess.run([sys.executable, str(machine.folder / "walk.py"), url], check=True, timeout=60)
        assert process.wait(60) == 0
    assert machine("token").code == 0


def test_a_code_is_shown_and_typed_elsewhere(machine: Machine):
    command = [*COMMAND, "login", "--issuer", machine.issuer, "--client-id", "cli", "--device"]
    with subprocess.Popen(
        command, cwd=machine.folder, env=machine.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        asked, link = process.stderr.readline(), process.stderr.readline()
        assert re.fullmatch(
            rf"Open {machine.issuer}/device on any device and enter the code [A-Z]{{4}}-[A-Z]{{4}}\n", asked
        )
        with httpx2.Client(base_url=machine.issuer, timeout=30) as http:
            Person(http).compare(link.removeprefix("or open ").strip())
        assert process.wait(60) == 0
    assert machine("token").code == 0


def test_a_device_is_asked_for_alone_and_of_a_client_that_may(machine: Machine):
    there = ("login", "--issuer", machine.issuer, "--device", "--client-id")
    asked = machine(*there, "cli", "--prompt", "login")
    assert (asked.code, "--device leaves no word for --prompt" in asked.err) == (2, True)
    refused = machine(*there, "other", "--json")
    assert refused.failure["error"] == "unauthorized_client"


def test_a_server_that_is_not_there_is_one_line(machine: Machine):
    lost = machine("login", "--issuer", "http://127.0.0.1:1", "--client-id", "cli", "--json")
    assert (lost.code, lost.failure["error"]) == (3, "unavailable")


@pytest.mark.parametrize("issuer", ["http://id.test", "ftp://id.test", "file:///etc/passwd", "nonsense"])
def test_an_issuer_that_is_no_safe_address_is_one_line(machine: Machine, issuer: str):
    assert machine("login", "--issuer", issuer, "--client-id", "cli", "--json").failure["error"] == "refused"


def test_who_we_are_may_come_from_the_environment_or_a_profile(machine: Machine):
    refused = machine("login", "--json")
    assert "no client is named" in refused.failure["message"]

    machine.environ |= {"GATELODGE_ISSUER": machine.issuer, "GATELODGE_CLIENT_ID": "cli"}
    assert machine("login").code == 0


def test_logging_out_works_without_the_server(machine: Machine):
    machine.login()
    account = Account("http://127.0.0.1:1", "cli")
    Accounts(machine.data).add(account, Tokens(access_token="a", token_type="Bearer", issued_at=0, refresh_token="r"))
    said = machine("logout", "--json").json

    assert (said["issuer"], said["revoked"]) == (account.issuer, False)
    assert machine("token", "--issuer", account.issuer).code == 1


def test_the_page_the_browser_ends_up_at_is_friendly(machine: Machine):
    assert httpx2.get(machine.issuer).status_code == 200
    machine.login()  # the walker fails, and the sign-in with it, unless the last page is 200


TOKENS = Tokens(access_token="a", token_type="Bearer", issued_at=0)


@pytest.mark.parametrize(
    ("asked", "advised"),
    [
        (Wanted(scope="openid"), "ask for the scope offline_access"),
        (Wanted(scope="openid offline_access"), "some servers give one only after --prompt consent"),
        (Wanted(scope="openid offline_access", prompt="login"), "some servers give one only after --prompt consent"),
        (Wanted(scope="openid offline_access", prompt="login consent"), "the server gives this client none"),
    ],
)
def test_without_a_refresh_token_nothing_is_advised_that_was_asked(asked: Wanted, advised: str):
    (said,) = sign_in._shortcomings(TOKENS, asked)
    assert said.startswith("  No refresh token came, so this ends soon: " + advised)
    assert sign_in._shortcomings(replace(TOKENS, refresh_token="r"), asked) == ()


def test_login_asks_the_server_for_what_it_is_told_to(machine: Machine):
    asked = ("--prompt", "none", "--acr-values", "urn:strong")
    refused = machine("login", "--issuer", machine.issuer, "--client-id", "cli", *asked)
    assert refused.code != 0
    assert "acr_values=urn%3Astrong" in refused.err
    assert "login_required" in refused.err
