"""What holds for every script in the list, and that one file and one line are a whole flow."""

import re
from collections import Counter
from dataclasses import fields
from importlib import import_module
from itertools import product

import pytest
from tests.playground.conftest import PLAYED, Visitor
from tests.playground.toy import TOY

from gatelodge.config.policies import LegacyPolicy
from gatelodge.grants import GRANTS
from gatelodge.grants.contract import AnyGrant
from gatelodge.playground import setting
from gatelodge.playground.questions import QUESTIONS
from gatelodge.playground.script import Script
from gatelodge.playground.scripts import SCRIPTS

EVERY_SCRIPT = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.key)
OF_THE_PAGE = {"show", "hide", "restart"}


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.grant_type)
def test_every_grant_brings_a_script_that_is_played(grant: AnyGrant) -> None:
    file = type(grant).__module__.rpartition(".")[2]
    brought = [script for script in SCRIPTS if script.grant == grant.grant_type and script.begin]
    assert brought, f"{grant.grant_type} has no script: write playground/scripts/{file}.py, and its line in SCRIPTS"

    there = vars(import_module(f"gatelodge.playground.scripts.{file}")).values()
    assert [script for script in brought if any(script is value for value in there)]


def test_every_script_has_a_path_of_its_own() -> None:
    keys = [script.key for script in SCRIPTS]

    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z_]+", key) for key in keys)
    assert "callback" not in keys


@EVERY_SCRIPT
def test_every_button_of_a_script_does_one_thing(script: Script) -> None:
    acts = {(act.key, act.play) for act in script.acts}
    pressed = Counter([key for key, _ in acts] + [one.act for one in script.breaks])

    assert not [key for key, times in pressed.items() if times > 1 or key in OF_THE_PAGE]


@EVERY_SCRIPT
def test_a_script_is_whole(script: Script) -> None:
    assert bool(script.begin) == bool(script.steps) == bool(script.code)
    assert script.with_code or not script.has_code
    assert set(script.after) <= set(script.with_tokens)
    assert not script.legacy or script.legacy in {field.name for field in fields(LegacyPolicy)}
    assert all(one.wait is None or one.stage == "code" for one in script.breaks)


@pytest.mark.parametrize("script", PLAYED, ids=lambda script: script.key)
def test_every_script_can_be_broken(script: Script) -> None:
    assert script.breaks


def test_the_answers_to_the_questions_choose_one_flow_and_no_second() -> None:
    known = {question.name: {answer.value for answer in question.answers} for question in QUESTIONS}
    every = [advice for script in SCRIPTS for advice in script.advice]
    assert not [advice for advice in every if any(value not in known[name] for name, value in advice.answers.items())]

    for values in product(*known.values()):
        answers = dict(zip(known, values, strict=True))
        fitting = Counter(len(one.answers) for one in every if one.answers.items() <= answers.items())
        assert fitting[max(fitting)] == 1, answers


# One file, one line: tests/playground/toy.py, and the line below


@pytest.fixture
def with_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting, "SCRIPTS", (*SCRIPTS, TOY))


@pytest.mark.anyio
@pytest.mark.usefixtures("with_toy")
async def test_a_new_flow_is_chosen_and_explained(visitor: Visitor) -> None:
    http = visitor.browser.http
    chosen = (await http.get("/playground?person=no&secret=yes&browser=no")).text
    assert "<h2>A token for a moment</h2>" in chosen
    assert "It is tidy." in chosen
    assert '<a href="/playground/toy">' in (await http.get("/playground")).text
    await visitor.open("toy")

    assert "For whoever likes to tidy up." in visitor.text
    assert visitor.text.count("arrow ghost") == 2 * len(TOY.steps)
    assert "POST /revoke: the token" in visitor.text
    assert "# Gives a token of http://localhost:8000 back, as playground." in visitor.text


@pytest.mark.anyio
@pytest.mark.usefixtures("with_toy")
async def test_a_new_flow_is_played_to_its_end(visitor: Visitor) -> None:
    await visitor.open("toy")
    assert visitor.next == "borrow"
    await visitor.press("borrow")
    assert visitor.next == "give_back"
    await visitor.press("give_back")

    assert visitor.next == "restart"
    assert visitor.refused == ""
    assert "arrow ghost" not in visitor.text
    assert "token=" in visitor.text
    assert not re.search(r"eyJ[\w-]{20}", visitor.text)


@pytest.mark.anyio
@pytest.mark.usefixtures("with_toy")
async def test_a_new_flow_is_broken(visitor: Visitor) -> None:
    assert 'value="misspelt"' in await visitor.open("toy")
    await visitor.press("misspelt")

    assert visitor.refused.startswith("The server refused it")
    assert visitor.rule == "grant.known"
    assert "Somebody asks for what no server has." in visitor.refused


@pytest.mark.anyio
async def test_what_another_flow_can_do_means_nothing_here(visitor: Visitor) -> None:
    for act in ("machine", "password", "give_back"):
        answer = await visitor.browser.http.post("/playground/code", data={"act": act})
        assert answer.status_code == 400
