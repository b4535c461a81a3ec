"""docs/cli.md tells the truth: its commands run, and its JSON has the members that come back."""

import json
import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent.parent / "docs" / "cli.md").read_text("utf-8")
COMMANDS = [
    shlex.split(block.replace("\\\n", " ").partition("<")[0])[1:]
    for block in re.findall(r"```bash\n(gatelodge (?:clients|apis|users|migrate) .*?)```", PAGE, re.S)
]
SHAPES = {next(iter(shape)): shape for shape in map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.S))}


@pytest.fixture
def said(gatelodge) -> dict[str, dict[str, object]]:
    """What the page's commands answer, run in the page's order: the first answer that begins with each member."""
    answers = [
        gatelodge(*words, *(["--json"] * ("--json" not in words)), stdin="correct horse battery staple\n")
        for words in COMMANDS
    ]
    return {next(iter(answer.json)): answer.json for answer in reversed(answers)}


def test_the_commands_run_and_their_answers_have_the_members_shown(said) -> None:
    assert said.keys() == {"client_id", "identifier", "sub", "current"}
    for first in ("client_id", "identifier", "sub"):
        assert said[first].keys() == SHAPES[first].keys()


def test_what_is_asked_for_is_what_is_shown(said) -> None:
    assert said["identifier"] == SHAPES["identifier"]
    for member in ("client_name", "redirect_uris", "scope", "grant_types", "require_pkce"):
        assert said["client_id"][member] == SHAPES["client_id"][member]
    for member in ("username", "email", "name", "claims"):
        assert said["sub"][member] == SHAPES["sub"][member]


def test_the_other_shapes_have_the_members_shown(gatelodge) -> None:
    assert gatelodge("keys", "rotate", "--json").json["keys"][0].keys() == SHAPES["kid"].keys()
    assert gatelodge("version", "--json").json.keys() == SHAPES["gatelodge"].keys()
    assert (
        gatelodge("doctor", "--offline", "--json").json["findings"][0].keys() == SHAPES["healthy"]["findings"][0].keys()
    )
