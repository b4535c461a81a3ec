"""Every example of the documentation is run, or it is said here why not."""

import ast
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.docs.conftest import Demo, Person, Shell, serving
from tests.docs.examples import ROOT, RUNNABLE, Example, example, examples
from tests.docs.tables import counted
from tests.ports import free_port
from tests.server_process import answers, eventually

from gatelodge.config.loading import load

INIT = "GATELODGE_DATABASE=postgresql://gatelodge:secret@db/gatelodge gatelodge init --issuer https://login.example.com"
NOT_RUN = {
    ("README.md", "make demo"): "the fixture `demo` starts the same server; .ci/run runs `make test`",
    ("CONTRIBUTING.md", "make demo"): "the fixture `demo` starts the same server; .ci/run runs the other two",
    ("docs/getting-started.md", "make demo"): "the fixture `demo` starts the same server",
    ("docs/examples.md", "gatelodge demo --no-examples"): "the fixture `demo` starts the same server",
    ("docs/cli.md", "gatelodge demo --port 8080 --data var/other"): "the fixture `demo` starts the same server",
    ("docs/cli.md", "gatelodge serve --config /etc/gatelodge/gatelodge.toml --workers 4"): "tests/cli serves",
    ("docs/cli.md", INIT): "it needs a PostgreSQL of that name; tests/cli has one of its own",
    ("docs/cli.md", "gatelodge why 1f0c9a2b7d3e4f56"): "tests/inspector asks for a request that was made",
    ("docs/cli.md", "gatelodge token --resource https://api.example.com/orders --scope orders:read"): (
        "test_command_line_login.py asks the demo for a token for its API"
    ),
    ("docs/log-people-in.md", "# stronger.py"): "it needs a server with a stronger way; tests/client/login begins so",
    ("docs/log-people-in.md", "# office.py"): "tests/client/sending has a proxy and certificates of its own",
    ("docs/looks.md", "gatelodge clients change shop --logo https://shop.example/logo.png"): (
        "nobody is at that address; tests/cli fetches a logo from one of its own"
    ),
    ("docs/workloads.md", "from gatelodge.client import ClientCredentials, WorkloadToken"): (
        "it needs the token of a pod; tests/client_auth writes one of its own"
    ),
    ("docs/inspector.md", "$ gatelodge why 88b1a2f6c01d7e39"): "tests/inspector asks for a request that was made",
    ("docs/operations.md", "useradd --system --home-dir /var/lib/gatelodge gatelodge"): "it changes the machine",
}


def test_every_example_is_run_or_excused() -> None:
    run = _asked_for()
    idle = [one.place for one in examples(*RUNNABLE - {"toml"}) if one.place not in NOT_RUN and not _is_run(one, run)]
    assert idle == []


def test_no_example_is_excused_that_is_not_there() -> None:
    assert NOT_RUN.keys() <= {one.place for one in examples(*RUNNABLE)}


def test_a_command_is_marked_as_one() -> None:
    """Else nobody would notice that it is not run."""
    unmarked = [one.place for one in examples("") if re.match(r"\$ |\S+=\S+ gatelodge |gatelodge \w|\.venv/", one.text)]
    assert unmarked == []


def _asked_for() -> list[tuple[str, str]]:
    """The examples the tests of this folder ask for: page and beginning."""
    found: list[tuple[str, str]] = []
    trees = [ast.parse(file.read_text("utf-8")) for file in Path(__file__).parent.glob("test_*.py")]
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Call(func=ast.Name(id="example"), args=[ast.Constant(value=page), ast.Constant(value=begins)]):
                found.append((str(page), str(begins)))
            case _:
                pass
    return found


def _is_run(one: Example, run: list[tuple[str, str]]) -> bool:
    return any(one.page == page and one.text.startswith(begins) for page, begins in run)


@pytest.mark.parametrize("one", examples("toml"), ids=lambda one: f"{one.page}-{one.text.splitlines()[0]}")
def test_a_configuration_in_the_docs_can_be_used(one: Example, tmp_path: Path) -> None:
    (tmp_path / "gatelodge.toml").write_text(one.text.replace("/var/lib/gatelodge", str(tmp_path)))
    key = tmp_path / "gatelodge.key"
    key.write_text("k" * 40)
    key.chmod(0o600)
    (tmp_path / "looks").mkdir()
    (tmp_path / "looks" / "apple.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert load(tmp_path / "gatelodge.toml", {}) is not None


@pytest.mark.parametrize("one", examples("json"), ids=lambda one: f"{one.page}-{one.text[:30]}")
def test_what_is_shown_as_json_is_json(one: Example) -> None:
    assert json.loads(one.text)


# README.md


def test_the_three_commands_of_the_readme(demo: Demo) -> None:
    said = demo.shell().run(example("README.md", "# what this server can do"))
    metadata, introspected = map(json.loads, said.replace("}{", "}\0{").split("\0"))
    assert metadata["issuer"] == demo.issuer
    assert introspected["active"] is True
    assert introspected["client_id"] == "demo-daemon"
    assert introspected["aud"] == demo.issuer + "/demo/api"


def test_ten_lines_log_a_user_in(demo: Demo, person: Person) -> None:
    port = free_port()
    shell = demo.shell(**{"localhost:5000": f"localhost:{port}"})
    said = shell.run(example("README.md", "export GATELODGE_DATABASE"))
    secret = next(word for word in said.split() if word.startswith("gls_"))
    program = shell.put(example("README.md", "from gatelodge.client.login")).replace("gls_...", secret)
    (demo.folder / "login.py").write_text(program)

    with served(demo, "login:app", port):
        answer = person.open(f"http://localhost:{port}/")
    assert answer.text == "Hello Alice Liddell"


def test_one_line_for_a_daemon(demo: Demo) -> None:
    (demo.folder / "daemon.py").write_text(demo.shell().put(example("README.md", "import httpx2")))
    assert "a looking glass" in demo.shell().run("python daemon.py")


def test_one_line_protects_an_api(demo: Demo) -> None:
    port = free_port()
    (demo.folder / "api.py").write_text(demo.shell().put(example("README.md", "from gatelodge.resource")))
    token = machine_token(demo)
    with served(demo, "api:app", port), httpx2.Client(base_url=f"http://localhost:{port}") as http:
        assert http.get("/orders", headers={"authorization": f"Bearer {token}"}).json() == {"orders of": "demo-daemon"}
        assert http.get("/orders").status_code == 401
        assert http.get("/orders", headers={"authorization": f"Bearer {token[:-8]}AAAAAAAA"}).status_code == 401


def test_the_api_of_the_readme_refuses_tokens_that_are_not_for_it(demo: Demo, person: Person) -> None:
    port = free_port()
    (demo.folder / "api.py").write_text(demo.shell().put(example("README.md", "from gatelodge.resource")))
    with served(demo, "api:app", port), httpx2.Client(base_url=f"http://localhost:{port}") as http:
        without_scope = person_tokens(demo, person, "openid orders:write")
        for kind, status in (("access_token", 403), ("id_token", 401)):
            answer = http.get("/orders", headers={"authorization": f"Bearer {without_scope[kind]}"})
            assert answer.status_code == status


def test_a_server_of_ones_own(tmp_path: Path) -> None:
    port = free_port()
    shell = Shell(tmp_path, _at(port) | {'"Ada Lovelace"': WITH_PASSWORD, "gatelodge serve": "true"})
    said = shell.run(example("README.md", "gatelodge init"))
    assert "gls_" in said
    assert "can sign in" in said
    serve_and_look(tmp_path, port)


# docs/getting-started.md


def test_a_program_gets_a_token(demo: Demo) -> None:
    said = json.loads(demo.shell().run(example("docs/getting-started.md", "curl -s -u demo-daemon")))
    shown = json.loads(next(one.text for one in examples("json") if one.page == "docs/getting-started.md"))
    assert said | {"access_token": "eyJ..."} == shown


def test_a_person_gets_a_token_by_hand(demo: Demo, person: Person) -> None:
    shell = demo.shell()
    address = shell.run(example("docs/getting-started.md", "VERIFIER=")).strip()
    arrived = parse_qs(urlsplit(person.refused_at(address)).query)
    assert (arrived["state"], arrived["iss"]) == (["xyz"], [demo.issuer])

    exchange = example("docs/getting-started.md", "CODE=paste-the-code-here")
    tokens = json.loads(shell.run(exchange.replace("paste-the-code-here", arrived["code"][0])))
    assert tokens.keys() >= {"access_token", "id_token", "refresh_token"}

    refresh = example("docs/getting-started.md", "REFRESH=")
    first, again = json.loads(shell.run(refresh)), json.loads(shell.run(refresh))
    assert first["refresh_token"] == again["refresh_token"] != tokens["refresh_token"]


def test_getting_started_with_a_server_of_ones_own(tmp_path: Path) -> None:
    port = free_port()
    shell = Shell(tmp_path, _at(port) | {'"Ada Lovelace"': WITH_PASSWORD})
    assert "gls_" in shell.run(example("docs/getting-started.md", "gatelodge init"))
    assert example("docs/getting-started.md", "gatelodge serve") == "gatelodge serve\n"
    serve_and_look(tmp_path, port)


# docs/examples.md


def beside(demo: Demo, port: int) -> Shell:
    """A shell in a clone."""
    shell = demo.shell(**{
        ".venv/bin/python examples/": f"{sys.executable} {ROOT}/examples/",
        "localhost:8005": f"localhost:{port}",
        "sleep 3": f"until curl -s http://localhost:{port}; do sleep 0.1; done",
    })  # fmt: skip
    shell.environ |= {"ISSUER": demo.issuer, "PORT": str(port)}
    return shell


def test_an_example_alone(demo: Demo) -> None:
    said = beside(demo, free_port()).run(example("docs/examples.md", "ISSUER=http://localhost:8000"))
    assert "1. a looking glass" in said


def test_an_example_at_an_api_of_its_own(demo: Demo) -> None:
    said = beside(demo, free_port()).run(example("docs/examples.md", ".venv/bin/python examples/orders_api.py"))
    assert "1. a looking glass" in said


# docs/grants.md


def test_the_grants_of_the_page(demo: Demo) -> None:
    machine = json.loads(demo.shell().run(example("docs/grants.md", "curl -s -u demo-daemon")))
    person = json.loads(demo.shell().run(example("docs/grants.md", "curl -s -u demo-legacy")))
    device = json.loads(demo.shell().run(example("docs/grants.md", "curl -s -u playground:playground-secret")))
    assert (machine["scope"], "refresh_token" in machine) == ("orders:read", False)
    assert (device["verification_uri"], device["interval"]) == (f"{demo.issuer}/device", 5)
    assert (person["scope"], "refresh_token" in person) == ("orders:read", True)


# docs/endpoints.md


def test_the_push_of_the_page(demo: Demo) -> None:
    pushed = json.loads(demo.shell().run(example("docs/endpoints.md", "curl -s -u demo-web")))
    name = {"client_id": "demo-web", "request_uri": pushed["request_uri"]}
    answer = httpx2.get(f"{demo.issuer}/authorize", params=name)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")


# docs/operations.md


@dataclass
class Own:
    """A server that `gatelodge init` made in `folder`."""

    folder: Path
    port: int
    shell: Shell
    secret: str
    management_port: int = field(default_factory=free_port)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def serving(self, **environ: str) -> serving:
        return serving(["gatelodge", "serve", "--port", str(self.port)], self.folder, self.issuer, environ)

    def token(self) -> str:
        return self._post("/token", grant_type="client_credentials")["access_token"]

    def is_active(self, token: str) -> bool:
        return self._post("/introspect", token=token)["active"]

    def _post(self, path: str, **form: str) -> dict[str, Any]:
        return httpx2.post(self.issuer + path, data=form, auth=("job", self.secret)).json()


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """A server of one's own, not started, with an API whose tokens are opaque and a program that may use it."""
    port = free_port()
    shell = Shell(tmp_path, _at(port))
    shell.run(f"gatelodge init --issuer http://localhost:{port}")
    shell.run("gatelodge apis add https://api.example --name Orders --scope read=Read --format opaque")
    made = shell.run("gatelodge clients add --id job --name Job --type service --scope read --json")
    return Own(tmp_path, port, shell, json.loads(made)["client_secret"])


def test_setting_up_where_a_service_lives(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    shell = Shell(tmp_path, {"/etc/gatelodge": f"{tmp_path}/etc", "/var/lib/gatelodge": f"{tmp_path}/var"})
    shell.run(example("docs/operations.md", "gatelodge init"))
    assert (tmp_path / "etc" / "gatelodge.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "var" / "gatelodge.db").stat().st_mode & 0o077 == 0


def test_a_backup_that_is_restored_begins_a_new_epoch(own: Own) -> None:
    with own.serving():
        token = own.token()
        own.shell.run(example("docs/operations.md", "umask 077"))
        assert own.is_active(token)
    copy = own.folder / "copy.db"
    assert copy.stat().st_mode & 0o077 == 0
    copy.replace(own.folder / "gatelodge.db")
    own.shell.run(example("docs/operations.md", "gatelodge epoch renew"))
    with own.serving():
        assert not own.is_active(token)
        assert own.is_active(own.token())


def test_changing_the_secret_key(own: Own) -> None:
    own.shell.run(example("docs/operations.md", "openssl rand -hex 32"))
    key = own.folder / "gatelodge.key"
    with own.serving():
        assert own.is_active(own.token())
    key.write_text(key.read_text().splitlines()[0])
    assert "the secret key opens what is sealed" in own.shell.run("gatelodge doctor --offline")


def test_the_schema_is_brought_up_to_date(own: Own) -> None:
    own.shell.run(example("docs/operations.md", "gatelodge migrate status"))


def test_every_metric_of_the_page_is_served(own: Own) -> None:
    with own.serving(GATELODGE_SERVER_MANAGEMENT_PORT=str(own.management_port)):
        own.token()
        told = httpx2.get(f"http://localhost:{own.management_port}/metrics").text
    assert [name for name, *_ in counted() if f"# TYPE {name} " not in told] == []


def test_the_metrics_of_several_workers_add_up(own: Own) -> None:
    port = {"GATELODGE_SERVER_MANAGEMENT_PORT": str(own.management_port), "GATELODGE_SERVER_WORKERS": "2"}
    with own.serving(**port):
        for _ in range(8):
            own.token()
        told = httpx2.get(f"http://localhost:{own.management_port}/metrics").text
        readyz = f"http://localhost:{own.management_port}/readyz"
        eventually(lambda: answers(readyz), "the supervisor knows that they accept")
        ready = httpx2.get(readyz).json()
    assert 'gatelodge_requests_total{endpoint="token",status="200"} 8.0' in told
    assert (ready["ready"], ready["wrong"]) == (True, {})
    assert ready["watches"].keys() == {
        "keys",
        "registry",
        "sweep",
        "outbox",
        "outbox_logout",
        "providers",
        "kept_tokens",
    }


# How


WITH_PASSWORD = (
    '"Ada Lovelace" --password-stdin <<< "correct horse battery staple"'  # it is asked for on a terminal: here is none
)


def _at(port: int) -> dict[str, str]:
    return {"localhost:8000": f"localhost:{port}"}


def served(demo: Demo, app: str, port: int) -> serving:
    """An example that is an ASGI application, on `port`."""
    return serving(["uvicorn", app, "--port", str(port)], demo.folder, f"http://localhost:{port}/")


def serve_and_look(folder: Path, port: int) -> None:
    """`gatelodge serve` in a folder that `init` made answers as the issuer it was told to be."""
    issuer = f"http://localhost:{port}"
    with serving(["gatelodge", "serve", "--port", str(port)], folder, issuer), httpx2.Client(base_url=issuer) as http:
        assert http.get("/.well-known/openid-configuration").json()["issuer"] == issuer


def machine_token(demo: Demo) -> str:
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    answer = httpx2.post(demo.issuer + "/token", data=form, auth=("demo-daemon", "demo-daemon-secret"))
    return answer.json()["access_token"]


def person_tokens(demo: Demo, person: Person, scope: str) -> dict[str, str]:
    """What `demo-native` gets when alice allows it `scope`."""
    here = "http://127.0.0.1:7/callback"
    asked = {"client_id": "demo-native", "response_type": "code", "redirect_uri": here, "scope": scope}
    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    arrived = person.refused_at(str(httpx2.URL(demo.issuer + "/authorize", params=asked | challenge)))
    form = {
        "grant_type": "authorization_code",
        "client_id": "demo-native",
        "redirect_uri": here,
        "code": parse_qs(urlsplit(arrived).query)["code"][0],
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",  # the pair of RFC 7636 appendix B
    }
    return httpx2.post(demo.issuer + "/token", data=form).json()
