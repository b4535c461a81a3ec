"""`init`, `migrate`, `doctor`, `demo`, `serve`, `version` and what holds for every command."""

import json
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import closing
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import click
import pytest
from tests.cli.conftest import Gatelodge
from tests.ports import free_port

from gatelodge.cli import COMMANDS
from gatelodge.config.loading import load

PAGE = (Path(__file__).parent.parent.parent / "docs" / "cli.md").read_text("utf-8")
PATIENCE = 60  # seconds: a busy machine starts a server in ten
BARE = {"GATELODGE_ISSUER": None, "GATELODGE_DATABASE": None, "GATELODGE_SECRET_KEY": None}


NOTHING = {"GATELODGE_SIGN_IN_ARGON2_MEMORY_KIB": None, "GATELODGE_SIGN_IN_ARGON2_PASSES": None}


def leaves(commands=COMMANDS, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = []
    for command in commands:
        here = (*path, command.name or "")
        below = leaves(command.commands.values(), here) if isinstance(command, click.Group) else [(here, command)]
        found += below
    return found


LEAVES = dict(leaves())


# What holds for every command


def test_every_command_takes_json_has_an_example_and_is_on_the_page() -> None:
    for path, command in LEAVES.items():
        name = " ".join(path)
        assert "--json" in [option for parameter in command.params for option in parameter.opts], name
        assert f"gatelodge {name}" in (command.help or ""), f"no example of {name}"
        assert name in PAGE, f"{name} is not in docs/cli.md"


def test_every_option_has_a_sentence() -> None:
    options = [(path, option) for path, command in LEAVES.items() for option in command.params]
    unhelped = [
        (path, option.name)
        for path, option in options
        if isinstance(option, click.Option) and option.type.name != "choice" and not option.help
    ]
    assert unhelped == []


def test_help_shows_every_command(gatelodge: Gatelodge) -> None:
    said = gatelodge("--help").out
    assert all(f"  {command.name} " in said for command in COMMANDS)
    assert gatelodge().out == said


UNDOABLE = ("clients remove shop", "users remove ada", "apis remove https://api.test", "keys retire k", "epoch renew")


@pytest.mark.parametrize("words", UNDOABLE)
def test_what_cannot_be_undone_is_not_done_in_a_script_unless_it_says_yes(gatelodge: Gatelodge, words: str) -> None:
    refused = gatelodge(*words.split(), "--json")
    assert (refused.code, refused.failure["error"]) == (2, "usage")
    assert "--yes" in refused.failure["message"]


def test_a_wrong_option_is_one_line(gatelodge: Gatelodge) -> None:
    wrong = gatelodge("clients", "list", "--nope")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("gatelodge: no such option")
    assert wrong.err.count("\n") == 1


def test_an_unknown_command_is_one_line_of_json_if_that_is_wanted(gatelodge: Gatelodge) -> None:
    wrong = gatelodge("clinets", "--json")
    assert (wrong.code, wrong.failure["error"]) == (2, "usage")


def test_a_configuration_mistake_is_one_line_that_names_the_key(gatelodge: Gatelodge) -> None:
    for words in (("serve",), ("clients", "list"), ("migrate", "up")):
        wrong = gatelodge(*words, "--json", env={"GATELODGE_ISSUER": "https://id.test/"})
        assert (wrong.code, wrong.failure["error"], wrong.failure["key"]) == (2, "configuration", "GATELODGE_ISSUER")


def test_a_database_that_is_not_there_is_one_line(gatelodge: Gatelodge) -> None:
    lost = gatelodge("clients", "list", "--json", env={"GATELODGE_DATABASE": "postgresql://127.0.0.1:1/x"})
    assert (lost.code, lost.failure["error"]) == (3, "unavailable")


@pytest.mark.parametrize("words", ["users list", "clients list", "migrate status", "keys list"])
def test_a_database_url_that_cannot_be_read_is_not_quoted(gatelodge: Gatelodge, words: str) -> None:
    url = "postgresql://gatelodge:hunter%two@127.0.0.1:1/gatelodge"
    answered = gatelodge(*words.split(), "--json", env={"GATELODGE_DATABASE": url})
    assert (answered.code, answered.failure["key"]) == (2, "database.url")
    assert "hunter" not in answered.err


def test_administration_needs_no_issuer_and_no_secret_key(gatelodge: Gatelodge) -> None:
    env = {"GATELODGE_ISSUER": None, "GATELODGE_SECRET_KEY": None}
    assert gatelodge("clients", "list", env=env).code == 0


def test_version_says_what_is_running(gatelodge: Gatelodge) -> None:
    said = gatelodge("version", "--json").json
    assert said.keys() == {"gatelodge", "python", "sqlite"}
    assert gatelodge("--version").out == f"gatelodge {said['gatelodge']}\n"


@pytest.mark.parametrize("words", ["users list", "clients list --json", "keys rotate", "migrate up", "serve", "doctor"])
def test_a_folder_with_neither_configuration_nor_database_is_the_wrong_one(
    gatelodge: Gatelodge, tmp_path: Path, words: str
) -> None:
    wrong = gatelodge(*words.split(), env=BARE | NOTHING)
    assert wrong.code == (1 if words == "doctor" else 2)
    assert "there is no gatelodge.toml in this folder" in wrong.out + wrong.err
    assert list(tmp_path.iterdir()) == []


def run(*words: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from gatelodge.cli import main; main()", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=PATIENCE)


def children_seconds() -> float:
    """The processor time of the processes that were started here and have ended; other programs do not add to it."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_waits_for_no_server_and_no_database_driver(tmp_path: Path) -> None:
    code = "import sys, gatelodge.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"uvicorn", "argon2", "psycopg", "rich", "starlette", "jinja2", "httpx2"}.intersection(loaded)


def test_a_configuration_mistake_ends_the_start_within_two_seconds(tmp_path: Path) -> None:
    before = children_seconds()
    ended = run("serve", folder=tmp_path, GATELODGE_ISSUER="http://id.test")
    assert children_seconds() - before < 2
    assert ended.returncode == 2
    assert ended.stderr.startswith("gatelodge: GATELODGE_ISSUER: must be https")
    assert ended.stderr.count("\n") == 1


# init


def test_init_writes_a_configuration_that_serves(gatelodge: Gatelodge, tmp_path: Path) -> None:
    said = gatelodge("init", "--issuer", "https://login.test", "--json", env=BARE).json
    assert said == {
        "config": str(tmp_path / "gatelodge.toml"),
        "secret_key_file": str(tmp_path / "gatelodge.key"),
        "issuer": "https://login.test",
    }
    written = tomllib.loads((tmp_path / "gatelodge.toml").read_text())
    assert written["server"]["issuer"] == "https://login.test"
    assert gatelodge("doctor", "--offline", env=BARE).code == 0
    assert len(gatelodge("keys", "list", "--json", env=BARE).json["keys"]) == 4


@pytest.mark.parametrize(
    ("issuer", "port"),
    [("http://localhost:8473", 8473), ("http://localhost:8000", 8000), ("https://login.test:8443", 8000)],
)
def test_init_listens_where_an_issuer_of_this_machine_is_looked_for(
    gatelodge: Gatelodge, tmp_path: Path, issuer: str, port: int
) -> None:
    gatelodge("init", "--issuer", issuer, env=BARE)
    assert load(tmp_path / "gatelodge.toml", {}).server.port == port


def test_init_takes_a_database_from_the_environment_and_leaves_it_there(gatelodge: Gatelodge, tmp_path: Path) -> None:
    elsewhere = BARE | {"GATELODGE_DATABASE": f"sqlite:///{tmp_path}/elsewhere.db"}
    assert gatelodge("init", "--issuer", "https://login.test", env=elsewhere).code == 0
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "gatelodge.db").exists()
    assert tomllib.loads((tmp_path / "gatelodge.toml").read_text())["database"]["url"] == ""
    assert gatelodge("doctor", "--offline", env=elsewhere).code == 0
    lost = gatelodge("users", "list", "--json", env=BARE)
    assert (lost.code, lost.failure["key"]) == (2, "database.url")
    assert "GATELODGE_DATABASE" in lost.failure["message"]


@pytest.mark.parametrize("name", ["GATELODGE_SECRET_KEY", "GATELODGE_KEYS_SECRET_KEY", "GATELODGE_SECRET_KEY_FILE"])
def test_init_takes_a_secret_key_from_the_environment_and_leaves_it_there(
    gatelodge: Gatelodge, tmp_path: Path, name: str
) -> None:
    (tmp_path / "own.key").write_text("k" * 40)
    (tmp_path / "own.key").chmod(0o600)
    told = BARE | {name: str(tmp_path / "own.key") if name.endswith("FILE") else "k" * 40}
    said = gatelodge("init", "--issuer", "https://login.test", "--json", env=told)
    assert (said.code, said.json["secret_key_file"]) == (0, None)
    assert not (tmp_path / "gatelodge.key").exists()
    written = (tmp_path / "gatelodge.toml").read_text()
    assert "k" * 40 not in written
    assert name in written
    assert gatelodge("doctor", "--offline", env=told).code == 0
    assert gatelodge("doctor", "--offline", env=BARE).code == 1


def test_init_writes_the_database_it_was_told(gatelodge: Gatelodge, tmp_path: Path) -> None:
    gatelodge("init", "--database", "sqlite:///told.db", env=BARE)
    assert tomllib.loads((tmp_path / "gatelodge.toml").read_text())["database"]["url"] == "sqlite:///told.db"
    assert "GATELODGE_DATABASE" in gatelodge("init", "--help").out


def test_init_lets_nobody_else_read_what_it_writes(gatelodge: Gatelodge, tmp_path: Path) -> None:
    gatelodge("init", env=BARE)
    for name in ("gatelodge.toml", "gatelodge.key", "gatelodge.db"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name


def test_init_overwrites_nothing_unless_it_is_told_and_never_a_key(gatelodge: Gatelodge, tmp_path: Path) -> None:
    gatelodge("init", env=BARE)
    key = (tmp_path / "gatelodge.key").read_text()
    refused = gatelodge("init", "--issuer", "https://other.test", "--json", env=BARE)
    assert (refused.code, refused.failure["error"]) == (1, "refused")
    assert gatelodge("init", "--issuer", "https://other.test", "--force", "--json", env=BARE).code == 0
    assert (tmp_path / "gatelodge.key").read_text() == key


def test_init_refuses_a_bad_issuer_and_writes_nothing(gatelodge: Gatelodge, tmp_path: Path) -> None:
    refused = gatelodge("init", "--issuer", "http://login.test", "--json", env=BARE)
    assert (refused.code, refused.failure["key"]) == (2, "--issuer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("database", ["sqlite:///no/such/folder.db", "mysql://db/x", "postgresql://127.0.0.1:1/x"])
def test_an_init_that_fails_leaves_the_configuration_as_it_was(
    gatelodge: Gatelodge, tmp_path: Path, database: str
) -> None:
    assert gatelodge("init", "--database", database, env=BARE).code in (2, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["gatelodge.key"]
    assert gatelodge("init", "--issuer", "https://login.test", env=BARE).code == 0
    written = (tmp_path / "gatelodge.toml").read_text()
    assert gatelodge("init", "--database", database, "--force", env=BARE).code in (2, 3)
    assert (tmp_path / "gatelodge.toml").read_text() == written
    assert gatelodge("doctor", "--offline", env=BARE).code == 0


def test_init_says_how_to_go_on_from_this_very_folder(gatelodge: Gatelodge, tmp_path: Path) -> None:
    assert "  gatelodge serve\n" in gatelodge("init", env=BARE).out
    elsewhere = str(tmp_path / "my etc" / "lodge.toml")
    assert f"  gatelodge serve --config '{elsewhere}'\n" in gatelodge("init", "--config", elsewhere, env=BARE).out


# migrate


def test_migrate_says_where_the_schema_stands_and_brings_it_up_to_date(gatelodge: Gatelodge) -> None:
    before = gatelodge("migrate", "status", "--json").json
    assert before["current"] == 0
    assert len(before["pending"]) == before["latest"] > 0
    assert gatelodge("migrate", "up", "--json").json["applied"] == before["pending"]
    assert gatelodge("migrate", "status", "--json").json["pending"] == []
    assert gatelodge("migrate", "up", "--json").json["applied"] == []


# doctor


def test_doctor_finds_a_healthy_house_healthy(gatelodge: Gatelodge) -> None:
    gatelodge("keys", "rotate")
    said = gatelodge("doctor", "--offline", "--json")
    assert said.code == 0
    assert said.json["healthy"] is True


def test_doctor_names_a_configuration_mistake_and_exits_with_one(gatelodge: Gatelodge) -> None:
    said = gatelodge("doctor", "--json", env={"GATELODGE_SERVER_PORT": "no"})
    assert said.code == 1
    assert said.json["findings"][0]["says"].startswith("GATELODGE_SERVER_PORT: ")


def test_doctor_notices_a_variable_that_sets_nothing(gatelodge: Gatelodge) -> None:
    gatelodge("keys", "rotate")
    found = gatelodge("doctor", "--offline", "--json", env={"GATELODGE_WORKERS": "4"}).json["findings"]
    (said,) = [one for one in found if "GATELODGE_WORKERS" in one["says"]]
    assert (said["level"], said["advice"]) == ("note", "did you mean GATELODGE_SERVER_WORKERS?")


def test_doctor_finds_a_database_without_a_schema(gatelodge: Gatelodge) -> None:
    said = gatelodge("doctor", "--offline")
    assert said.code == 1
    assert "gatelodge migrate up" in said.out


def test_doctor_reports_a_client_that_need_not_use_pkce(gatelodge: Gatelodge) -> None:
    gatelodge("keys", "rotate")
    words = ("--type", "web", "--redirect-uri", "https://x.test/cb", "--no-pkce")
    gatelodge("clients", "add", "--name", "Old", "--id", "old", *words)
    found = gatelodge("doctor", "--offline", "--json").json["findings"]
    assert [f["level"] for f in found if f["check"] == "clients" and "old need not use PKCE" in f["says"]] == [
        "warning"
    ]


# demo


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.example.com"])
def test_the_demo_never_leaves_loopback(gatelodge: Gatelodge, host: str, tmp_path: Path) -> None:
    refused = gatelodge("demo", "--host", host, "--json")
    assert (refused.code, refused.failure["error"]) == (1, "refused")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_refuses_a_database_that_is_not_its_own(gatelodge: Gatelodge, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    env = {"GATELODGE_DATABASE": f"sqlite:///{tmp_path}/d/demo.db"}
    gatelodge("keys", "rotate", env=env)
    words = ("demo", "--no-examples", "--port", str(free_port()), "--data", "d", "--json")
    assert gatelodge(*words).failure["error"] == "refused"
    (tmp_path / "d" / "demo.key").write_text("x" * 40)
    (tmp_path / "d" / "demo.key").chmod(0o600)
    assert "not this demo's database" in gatelodge(*words).failure["message"]
    assert gatelodge("clients", "list", "--json", env=env).json == {"clients": []}


def test_the_demo_of_another_version_is_left_alone_and_says_what_to_do(gatelodge: Gatelodge, tmp_path: Path) -> None:
    env = {"GATELODGE_DATABASE": f"sqlite:///{tmp_path}/d/demo.db"}
    (tmp_path / "d").mkdir()
    gatelodge("keys", "rotate", env=env)
    (tmp_path / "d" / "demo.key").write_text("x" * 40)
    (tmp_path / "d" / "demo.key").chmod(0o600)
    with closing(sqlite3.connect(tmp_path / "d" / "demo.db")) as other, other:
        other.execute("update schema_migrations set checksum = 'of another build'")
    refused = gatelodge("demo", "--no-examples", "--port", str(free_port()), "--data", "d", "--json")

    assert (refused.code, refused.failure["error"]) == (1, "refused")
    assert "remove that folder to begin anew, or choose another one with --data" in refused.failure["message"]
    assert "begin with a new database" in gatelodge("clients", "list", "--json", env=env).failure["message"]


def test_the_demo_says_when_its_port_is_taken(gatelodge: Gatelodge) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = gatelodge("demo", "--port", str(other.getsockname()[1]), "--json")
    assert (taken.code, taken.failure["error"]) == (3, "cannot_start")
    assert "--port" in taken.failure["message"]


@pytest.mark.slow
def test_the_demo_serves_what_it_prints_and_starts_again(tmp_path: Path) -> None:
    for port in (free_port(), free_port()):
        command = [
            sys.executable,
            "-c",
            "from gatelodge.cli import main; main()",
            "demo",
            "--no-examples",
            "--json",
            "--data",
            "d",
        ]
        demo = subprocess.Popen(
            [*command, "--port", str(port)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            said = answered(demo, f"http://localhost:{port}/.well-known/openid-configuration")
        finally:
            demo.terminate()
            printed = json.loads(demo.communicate(timeout=PATIENCE)[0])
        assert said["issuer"] == printed["issuer"] == f"http://localhost:{port}"
        assert printed["api"] == f"http://localhost:{port}/demo/api"
        assert [person["username"] for person in printed["people"]] == ["alice", "bob"]


@pytest.mark.slow
def test_serving_warns_of_what_is_not_safe_at_every_start(gatelodge: Gatelodge, tmp_path: Path) -> None:
    port = free_port()
    gatelodge("init", "--issuer", f"http://localhost:{port}", env=BARE)
    command = [sys.executable, "-c", "from gatelodge.cli import main; main()", "serve", "--json", "--port", str(port)]
    environ = {"GATELODGE_LEGACY_PASSWORD": "on", "GATELODGE_LEGACY_IMPLICIT": "on"}
    server = subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        said = answered(server, f"http://localhost:{port}/.well-known/openid-configuration")
    finally:
        server.terminate()
        logged = [json.loads(line) for line in server.communicate(timeout=PATIENCE)[1].splitlines()]
    assert said["issuer"] == f"http://localhost:{port}"
    (serving,) = [record for record in logged if record["event"] == "serving"]
    assert (serving["issuer"], serving["listens"]) == (f"http://localhost:{port}", f"127.0.0.1:{port}")
    warned = [record["check"] for record in logged if record["event"] == "unsafe_setting"]
    assert warned == ["legacy.password", "legacy.implicit"]


def answered(server: subprocess.Popen[str], url: str) -> dict[str, str]:
    """Return the JSON at `url` as soon as the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the demo did not answer")


# serve


def test_FLT_25_serving_with_a_wrong_secret_key_ends_with_one_line(gatelodge: Gatelodge, tmp_path: Path) -> None:
    gatelodge("keys", "rotate")
    environ = {
        "GATELODGE_ISSUER": "https://id.test",
        "GATELODGE_DATABASE": "sqlite:///test.db",
        "GATELODGE_SECRET_KEY": "x" * 40,
    }
    # In a process of its own: how a server logs is settled for the whole of it.
    refused = run("serve", "--port", str(free_port()), "--json", folder=tmp_path, **environ)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert json.loads(refused.stderr)["key"] == "keys.secret_key"


def test_serving_without_a_secret_key_says_how_to_get_one(gatelodge: Gatelodge) -> None:
    refused = gatelodge("serve", "--json", env={"GATELODGE_SECRET_KEY": None})
    assert refused.failure["key"] == "keys.secret_key_file"
    assert "gatelodge init" in refused.failure["message"]


def test_the_command_line_is_checked_like_the_file(gatelodge: Gatelodge) -> None:
    assert gatelodge("serve", "--port", "99999", "--json").failure["key"] == "--port"
    assert gatelodge("serve", "--tls-cert", "c.pem", "--json").failure["key"] == "--tls-cert"
