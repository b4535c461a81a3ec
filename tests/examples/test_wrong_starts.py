"""What a newcomer does wrong, or the machine: each says what to do, and nothing is left running."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.running import COMMAND
from tests.examples.conftest import EXAMPLES, Demo, NewVisitor, anybody_at
from tests.ports import free_port
from tests.server_process import PATIENCE, eventually

from gatelodge.cli import demo_welcome, samples
from gatelodge.config.policies import Config, ServerPolicy
from gatelodge.demo.samples import SamplePorts

WITH_SAMPLES = ("demo", "--examples", str(EXAMPLES), "--json")


@pytest.mark.parametrize("program", ["daemon.py", "cli_app.py", "legacy_password.py"])
def test_a_program_without_a_server_says_how_to_start_one(demo: Demo, program: str) -> None:
    done = demo.run(program, stdin="alice\nwonderland\n", ISSUER=f"http://localhost:{free_port()}")

    assert done.returncode == 1
    assert "`make demo` starts it." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", ["shop/app.py", "spa/app.py", "legacy_implicit/app.py", "orders_api.py"])
def test_a_server_among_them_says_where_it_is_and_what_it_needs(demo: Demo, program: str) -> None:
    port = free_port()
    with demo.start(program, PORT=str(port), SHOP_STORE=str(demo.folder / "alone.db")) as started:
        assert started.stdout is not None
        said = started.stdout.readline()
    assert f"http://localhost:{port}" in said
    assert demo.site in said
    assert "`make demo`" in said


@pytest.mark.browser
def test_the_single_page_app_says_that_the_server_does_not_answer(demo: Demo, new_visitor: NewVisitor) -> None:
    port, nobody = free_port(), f"http://localhost:{free_port()}"
    visitor = new_visitor(f"http://localhost:{port}")
    with demo.start("spa/app.py", PORT=str(port), ISSUER=nobody):
        eventually(lambda: anybody_at(visitor.site), "the single-page app")
        visitor.open("/")

        expect(visitor.page.locator("#problem")).to_have_text(
            f"{nobody}/.well-known/openid-configuration does not answer."
        )
        expect(visitor.page.locator("#sign-in")).to_be_disabled()
    assert [complaint for complaint in visitor.complaints if "ERR_CONNECTION_REFUSED" not in complaint] == []
    visitor.complaints.clear()


def test_a_second_demo_does_not_take_the_first_ones_applications_away(demo: Demo) -> None:
    command = [COMMAND, *WITH_SAMPLES, "--port", str(free_port()), "--data", "data"]
    second = subprocess.run(command, cwd=demo.folder, capture_output=True, text=True, timeout=PATIENCE)

    assert second.returncode == 3
    assert second.stdout == ""
    failure = json.loads(second.stderr)
    assert failure["error"] == "cannot_start"
    assert "another demo is running" in failure["message"]
    assert "--data" in failure["message"]


def test_a_folder_that_cannot_be_made_is_named_and_another_one_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [COMMAND, "demo", "--json", "--port", str(free_port()), "--data", "file/data"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)

    message = json.loads(ended.stderr)["message"]
    assert ended.returncode == 3
    assert message.startswith(
        f"{tmp_path}/file/data cannot be used: Not a directory; choose another folder with --data"
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_demo_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    with own_demo(tmp_path) as (started, places):
        for place in places:
            eventually(lambda place=place: anybody_at(place), place)

        started.send_signal(number)

        assert started.wait(PATIENCE) in (0, -number, 128 + number)
        for place in places:
            eventually(lambda place=place: not anybody_at(place), f"the end of {place}")


@contextmanager
def own_demo(folder: Path) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """A demo with its applications that may be ended, and where all of them are."""
    port = free_port()
    command = [COMMAND, *WITH_SAMPLES, "--port", str(port), "--data", "data"]
    started = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert started.stdout is not None
        said = ""
        while not said.endswith("\n}\n"):
            said += started.stdout.readline()
            assert started.poll() is None
        yield started, [f"http://localhost:{port}", *json.loads(said)["examples"].values()]
    finally:
        started.terminate()
        started.communicate()


BESIDE = """
import sys
from pathlib import Path
from gatelodge.cli.samples import Beside
from gatelodge.demo.samples import SamplePorts

folder = Path(sys.argv[1])
with Beside(folder, SamplePorts(1, 2, 3, 4, 5, 6)).running(sys.argv[2], folder, print):
    sys.stdin.read()
"""
WAITING = """
import os, threading
from pathlib import Path

Path(__file__).with_name("job").symlink_to(str(os.getpid()))
threading.Event().wait()
"""


def test_a_job_that_does_not_end_ends_with_the_demo(tmp_path: Path) -> None:
    for file in samples.PROGRAMS.values():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("")
    (tmp_path / samples.JOB).write_text(WAITING)
    job = tmp_path / "job"
    with socket.create_server(("127.0.0.1", 0)) as server:
        issuer = f"http://127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-c", BESIDE, str(tmp_path), issuer]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as started:
            eventually(job.is_symlink, "the job")
            started.kill()
    eventually(lambda: not Path("/proc", job.readlink()).exists(), "the end of the job")


def test_what_is_not_installed_is_not_started_and_its_command_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = samples.Beside(EXAMPLES, SamplePorts(9101, 9102, 9103, 9104, 9105, 9106))
    config = Config(server=ServerPolicy(issuer="http://localhost:9100", port=9100))
    assert "http://localhost:9104/mcp" in "\n".join(demo_welcome.welcome(config, tmp_path, beside))

    monkeypatch.setitem(samples.NEEDS, "mcp_server", "no_such_module")

    assert not samples.can_run("mcp_server")
    said = "\n".join(demo_welcome.welcome(config, tmp_path, beside))
    assert "http://localhost:9104/mcp" not in said
    (command,) = [line for line in said.splitlines() if "mcp_server.py" in line]
    assert "-m pip install 'mcp>=2' && ISSUER=http://localhost:9100 PORT=9104" in command
    assert os.path.basename(command.split()[-1]) == "mcp_server.py"
