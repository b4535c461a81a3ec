"""The plugin as pytest finds it: quiet, quick, configured in pytest's own file."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gatelodge.testing import MovingClock

TRIES, MOST = 5, 0.5  # seconds of processor time, imports included: other programs on the machine make it no cheaper


def run(folder: Path, source: str, *options: str, files: Mapping[str, str] | None = None) -> str:
    """Run pytest in a project of its own and return what it says."""
    for name, text in {"test_it.py": source, **(files or {})}.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_is_imported_before_a_fixture_is_asked_for(tmp_path: Path):
    run(
        tmp_path,
        "import sys\n"
        "def test_it():\n"
        "    heavy = {'starlette', 'structlog', 'joserfc', 'httpx2', 'cryptography', 'argon2', 'click'}\n"
        "    assert not heavy & set(sys.modules)\n"
        "    assert {name for name in sys.modules if name.startswith('gatelodge')} ==\\\n"
        "        {'gatelodge', 'gatelodge.testing', 'gatelodge.testing.plugin'}\n",
        *("-p", "no:anyio", "-p", "no:xdist", "-p", "no:hypothesispytest"),
    )


def test_the_first_server_of_a_process_starts_in_under_half_a_second(tmp_path: Path):
    costs: list[float] = []
    while len(costs) < TRIES and min(costs, default=1.0) >= MOST:
        run(
            tmp_path,
            "import pathlib, time, pytest\n"
            "@pytest.fixture\n"
            "def began():\n"
            "    return time.process_time()\n"
            "def test_it(began, gatelodge):\n"
            "    assert gatelodge.http().get('/.well-known/openid-configuration').status_code == 200\n"
            "    pathlib.Path('cost').write_text(str(time.process_time() - began))\n",
        )
        costs.append(float((tmp_path / "cost").read_text()))

    assert min(costs) < MOST, costs


def test_our_modules_are_imported_as_they_were_compiled(tmp_path: Path):
    run(
        tmp_path,
        "import gc, sys\n"
        "def test_it(gatelodge, request):\n"
        "    hook = request.config.pluginmanager.rewrite_hook\n"
        "    assert hook in sys.meta_path and gc.isenabled()\n"
        "    assert sys.modules['gatelodge.testing.async_gatelodge'].__loader__ is not hook\n",
        *("-p", "marks_ours"),
        files={"marks_ours.py": "import pytest\npytest.register_assert_rewrite('gatelodge')\n"},
    )


def test_issuer_and_audience_are_configured(tmp_path: Path):
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\ngatelodge_issuer = https://login.example.com\ngatelodge_audience = https://api.example.com\n"
    )
    run(
        tmp_path,
        "from gatelodge.resource import TokenVerifier\n"
        "VERIFIER = TokenVerifier('https://login.example.com', 'https://api.example.com')\n"
        "def test_fake(fake_token):\n"
        "    assert VERIFIER.verify_sync(fake_token()).client_id == 'fake-client'\n"
        "def test_real(gatelodge):\n"
        "    gatelodge.add_api('https://api.example.com', ['read'])\n"
        "    token = gatelodge.token_for(gatelodge.add_user(), scopes=['read'], resource='https://api.example.com')\n"
        "    assert VERIFIER.verify_sync(token).has('read')\n",
    )


def test_fixtures_are_listed_with_a_sentence(tmp_path: Path):
    said = run(tmp_path, "def test_it(): pass", "--fixtures")

    assert "A real authorization server in memory" in said
    assert "Make access tokens that every `TokenVerifier`" in said


def test_a_clock_does_not_go_back():
    clock, later = MovingClock(1_000), MovingClock(1_000)

    assert later.monotonic() > clock.monotonic()
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
