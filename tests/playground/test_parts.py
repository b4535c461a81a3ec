"""The questions, the drawing, the words and the code."""

import ast
import re
from itertools import product

import pytest
from tests.playground.conftest import PLAYED, SCRIPT_OF

from gatelodge.playground.diagram import NARROW, WIDE, Size, draw
from gatelodge.playground.messages import Message
from gatelodge.playground.questions import QUESTIONS, advise, answers_in
from gatelodge.playground.sample import Sample
from gatelodge.playground.script import Script
from gatelodge.playground.scripts import SCRIPTS
from gatelodge.playground.snippets import API, Snippet, snippets
from gatelodge.playground.wording import Piece, answer_text, redirect_text, request_text
from gatelodge.protocol.params import Params

SAMPLE = Sample("http://localhost:8000", "playground-secret", 60)


def masked(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.masked for piece in pieces)


@pytest.mark.parametrize(
    ("person", "secret", "browser", "flow"),
    [
        ("yes", "yes", "yes", "code"),
        ("yes", "no", "yes", "public"),
        ("yes", "yes", "no", "device"),
        ("yes", "no", "no", "device"),
        ("no", "yes", "yes", "machine"),
        ("no", "no", "no", "machine"),
    ],
)
def test_three_answers_choose_the_flow(person: str, secret: str, browser: str, flow: str) -> None:
    assert advise({"person": person, "secret": secret, "browser": browser}, SCRIPTS).script.key == flow


def test_whatever_is_answered_there_is_a_flow_and_a_reason() -> None:
    for answers in product(["yes", "no", "what"], repeat=3):
        query = Params.of(zip((question.name for question in QUESTIONS), answers, strict=True))
        assert advise(answers_in(query), SCRIPTS).reasons


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("script", PLAYED, ids=lambda script: script.key)
def test_everything_drawn_is_inside_the_drawing(script: Script, size: Size) -> None:
    drawing = draw(script.lanes, [Message(step) for step in script.steps], script.steps, size)

    for arrow in drawing.arrows:
        half = len(arrow.label) * size.letter / 2
        assert arrow.label_x - half >= 0
        assert arrow.label_x + half <= size.width
        assert size.top < arrow.label_y
        assert arrow.y < drawing.height
        assert arrow.x1 != arrow.x2
    assert len({arrow.y for arrow in drawing.arrows}) == 2 * len(script.steps)


def test_secrets_are_masked_wherever_they_stand() -> None:
    long = "s" * 40
    headers = {"authorization": f"Bearer {long}", "location": f"https://a.test/cb?code={long}&state=x"}
    shown = (
        masked(request_text("POST", "https://a.test/token", headers, {"code": long, "client_secret": long})),
        masked(redirect_text(f"https://a.test/cb#access_token={long}&id_token={long}")),
        masked(answer_text(200, "OK", {}, b'{"access_token": "%s", "refresh_token": "%s"}' % ((long.encode(),) * 2))),
        masked(answer_text(200, "OK", {"set-cookie": long}, b"")),
        masked(answer_text(303, "See Other", headers, b"")),
    )

    assert not [text for text in shown if "s" * 7 in text]
    assert "state=x" in shown[-1]


def test_a_short_secret_is_hidden_as_a_whole() -> None:
    assert Piece("hunter2", secret=True).masked == "•••"
    assert "hunter2" not in repr(Piece("hunter2", secret=True))


def test_json_stays_json_when_nothing_in_it_is_secret() -> None:
    assert masked(answer_text(200, "OK", {}, b'{"a": ["b", {"c": 1}], "d": "e: \\"f\\""}')).endswith(
        '{\n  "a": [\n    "b",\n    {\n      "c": 1\n    }\n  ],\n  "d": "e: \\"f\\""\n}'
    )


def code(script: Script, sample: Sample = SAMPLE) -> list[Snippet]:
    return [*snippets(script.code, sample), *snippets(API, sample)]


@pytest.mark.parametrize(
    ("flow", "languages"),
    [
        ("code", ["fastapi", "django", "flask", "curl"]),
        ("public", ["javascript", "python", "curl"]),
        ("implicit", ["javascript", "python", "curl"]),
        ("machine", ["python", "fastapi", "django", "flask", "curl"]),
    ],
)
def test_a_flow_has_the_code_of_the_client_that_performs_it(flow: str, languages: list[str]) -> None:
    assert [one.key.partition("-")[2] for one in snippets(SCRIPT_OF[flow].code, SAMPLE)] == languages


@pytest.mark.parametrize("script", PLAYED, ids=lambda script: script.key)
def test_the_code_of_every_flow_has_no_gaps(script: Script) -> None:
    assert snippets(script.code, SAMPLE)
    for one in code(script):
        assert not re.search(r"@[A-Z_]+@", one.text)
        if not one.key.endswith(("-curl", "-javascript")):
            ast.parse(one.text)


@pytest.mark.parametrize("script", PLAYED, ids=lambda script: script.key)
def test_no_line_of_code_is_too_long_for_the_page(script: Script) -> None:
    assert not [line for one in code(script) for line in one.text.splitlines() if len(line) > 100]


@pytest.mark.parametrize("script", PLAYED, ids=lambda script: script.key)
def test_outside_the_demo_the_secret_is_in_no_example(script: Script) -> None:
    assert not [one for one in code(script, Sample("https://id.test", "very-secret", 60)) if "very-secret" in one.text]
