"""The playground knows no flow by name: what there is to know of one stands in its script, which a list names."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.test_imports import MODULES, SOURCE

from gatelodge.playground.scripts import SCRIPTS

ROOM = SOURCE / "playground"
SCRIPTS_ARE = "gatelodge.playground.scripts"
TAKE_THE_LIST = {"playground/setting.py", "playground/planting.py"}
WORDS_OF_THE_PROTOCOL = {"code", "refresh_token"}  # names of parameters, whatever the flow
NAMES = {word for script in SCRIPTS for word in (script.key, script.grant, script.legacy)} - {""}

# What plays, and the scenes: parts of flows, which may be called as flows are.
ENGINE = [module for module in MODULES if module.room == "playground" and "/scripts/" not in module.name]
ITSELF = [module for module in ENGINE if "/scenes/" not in module.name]


def test_the_list_of_scripts_is_taken_in_two_places() -> None:
    assert not [
        f"{module.name} imports {name}"
        for module in ENGINE
        for name in module.imports
        if f"{name}.".startswith(f"{SCRIPTS_ARE}.")
        and not (module.name in TAKE_THE_LIST and name == f"{SCRIPTS_ARE}.SCRIPTS")
    ]


def test_nothing_in_the_playground_names_a_flow() -> None:
    assert not [
        f"{module.name} says {value!r}"
        for module in ITSELF
        for value in _texts(module.tree)
        if value in NAMES - WORDS_OF_THE_PROTOCOL
    ]


def test_nothing_in_the_playground_asks_which_flow_it_is() -> None:
    assert not [f"{module.name}: {ast.unparse(node)}" for module in ENGINE for node in _asks_for_one(module.tree)]


def test_no_template_names_a_flow() -> None:
    assert not [
        f"{file.name} says {value!r}"
        for file in (ROOM / "templates").glob("*.html")
        for code in re.findall(r"\{[%{].*?[%}]\}", file.read_text("utf-8"))
        for value in re.findall(r"[\"']([^\"']+)[\"']", code)
        if value in NAMES
    ]


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _asks_for_one(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield where what a script or a run is called is compared with, or matched against, a word."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                sides = (left, *others)
            case ast.Match(subject=subject, cases=cases):
                sides = (subject, *(c.pattern.value for c in cases if isinstance(c.pattern, ast.MatchValue)))
            case _:
                continue
        called = any(isinstance(one, ast.Attribute) and one.attr in {"flow", "key", "grant"} for one in sides)
        if called and any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in sides):
            yield sides[0]
