"""docs/providers.md: every provider there is added as it says."""

import json
import re
from pathlib import Path

import pytest
from tests.docs.conftest import Shell
from tests.docs.examples import PAGES, example, examples
from tests.docs.pictures import IMAGES, pictures
from tests.upstream import upstream

from gatelodge.clock import SystemClock


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.run("gatelodge init --issuer http://localhost:8000")
    for name in ("microsoft", "google", "github", "corp"):
        (tmp_path / f"{name}.txt").write_text("the secret it gave\n")
    return shell


def test_what_is_lacking_is_said_as_it_is_shown(shell: Shell) -> None:
    with upstream(SystemClock()) as stub:
        add = example("docs/providers.md", "gatelodge providers add corp").partition("gatelodge providers test")[0]
        shell.run(add.replace("https://login.example.com", stub.issuer))
        said = shell.run("gatelodge providers test corp")

    assert said in [shown.text for shown in examples("text") if shown.page == "docs/providers.md"]


def test_each_picture_is_made_by_the_script_small_and_shown_with_words() -> None:
    files = {file.name: file.stat().st_size for file in IMAGES.iterdir()}
    assert files.keys() == pictures().keys()
    assert {name: size for name, size in files.items() if size > 25_000} == {}
    pages = "".join(page.read_text("utf-8") for page in PAGES)
    shown = re.findall(r'!\[([^]]+)\]\([^)]*images/([\w-]+\.png)\)|images/([\w-]+\.png)"[^>]* alt="([^"]+)"', pages)
    assert {one or other for words, one, other, more in shown if words or more} == files.keys()


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
