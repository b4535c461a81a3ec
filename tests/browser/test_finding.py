"""How the tests come to a browser, and how they end it and the server."""

import os
import socket
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.browser import chromium
from tests.browser.running import running
from tests.ports import free_port

SHELL = "#!/bin/sh\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A machine whose only programs are in this folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(chromium.NAMED, raising=False)
    monkeypatch.setattr(chromium, "USUAL", ("chromium",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    chromium.find.cache_clear()
    yield tmp_path
    chromium.find.cache_clear()


def put(folder: Path, name: str, script: str = "") -> str:
    program = folder / name
    program.write_text(SHELL + script)
    program.chmod(0o755)
    return str(program)


def test_the_named_browser_is_taken_before_any_other(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(machine, "chromium")
    named = put(machine, "my-own")
    monkeypatch.setenv(chromium.NAMED, named)

    assert chromium.find("playwrights-own") == named


def test_a_named_browser_that_is_not_there_is_a_failure_and_no_skip(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(machine, "chromium")
    monkeypatch.setenv(chromium.NAMED, "/nowhere/chromium")

    with pytest.raises(pytest.fail.Exception, match="cannot be run"):
        chromium.find("")


def test_playwrights_own_is_better_than_none(machine: Path) -> None:
    own = put(machine, "own")

    assert chromium.find(own) == own


def test_debians_package_is_installed_if_there_is_no_browser(machine: Path) -> None:
    ready = put(machine, "ready")
    said, browser = machine / "said", machine / "chromium"
    put(machine, "apt-get", f'echo "$@" >> {said}\n[ "$1" = update ] || /bin/cp {ready} {browser}\n')

    assert chromium.find("") == str(browser)
    assert said.read_text().splitlines() == ["update", "install --yes --no-install-recommends chromium"]


def test_an_installation_that_fails_is_not_tried_again(machine: Path) -> None:
    said = machine / "said"
    put(machine, "apt-get", f'echo "$@" >> {said}\nexit 100\n')

    assert chromium.find("") is None
    assert chromium.find("") is None
    assert said.read_text().splitlines() == ["update"]


def test_an_installation_ends_in_time(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "INSTALL_SECONDS", 1)
    put(machine, "apt-get", "exec /bin/sleep 30\n")

    assert chromium.find("") is None


def test_without_the_right_to_install_there_is_none(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    put(machine, "apt-get", f"echo > {machine}/asked\n")

    assert chromium.find("") is None
    assert not (machine / "asked").exists()


def test_a_server_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="listens on loopback only") as refused,
        running(("demo", "--no-examples", "--host", "192.0.2.1"), "http://localhost:1", tmp_path),
    ):
        pytest.fail("it must not start")

    assert "the server ended with" in str(refused.value)


def test_a_server_is_ended_when_its_test_fails(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("demo", "--no-examples", "--port", str(port), "--data", "data")
    with pytest.raises(ZeroDivisionError), running(arguments, f"http://localhost:{port}", tmp_path):
        raise ZeroDivisionError

    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", port)) != 0
