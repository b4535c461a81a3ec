"""docs/providers.md: every provider there is added as it says."""

import json
from pathlib import Path

import pytest
from tests.docs.conftest import Shell
from tests.docs.examples import example


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.run("gatelodge init --issuer http://localhost:8000")
    for name in ("microsoft", "google", "github", "corp"):
        (tmp_path / f"{name}.txt").write_text("the secret it gave\n")
    return shell


def test_each_provider_is_added(shell: Shell) -> None:
    commands = (
        example("docs/providers.md", "gatelodge providers add microsoft"),
        example("docs/providers.md", "gatelodge providers add google"),
        example("docs/providers.md", "gatelodge providers add github"),
        example("docs/providers.md", "gatelodge providers add corp"),
    )
    for command in commands:
        add, _, test = command.partition("gatelodge providers test")
        assert "People can sign in with" in shell.run(add)
        assert test.strip() in ("", "corp")  # nobody answers there
    listed = json.loads(shell.run("gatelodge providers list --json"))["providers"]
    assert [(one["name"], one["kind"]) for one in listed] == [
        ("microsoft", "entra"),
        ("google", "google"),
        ("github", "github"),
        ("corp", "oidc"),
    ]
