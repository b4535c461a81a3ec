"""House style, as far as a program can read it."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from gatelodge.authn import WAYS
from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule

SOURCE = Path(__file__).parents[2] / "src" / "gatelodge"
FILES = sorted(SOURCE.rglob("*.py"))
TREES = {file.relative_to(SOURCE).as_posix(): ast.parse(file.read_bytes()) for file in FILES}
RULES = [value for value in vars(rules).values() if isinstance(value, Rule)]

MAX_LINES = 300  # of a file
MAX_FUNCTION_LINES = 40

# Which engine it is: asked where engines are made and driven, and where their URL is read.
KNOW_THE_ENGINE = ("database/engines", "database/sqlite/", "database/postgres/", "database/render")
READ_ITS_URL = {"config/rules.py", "config/values.py", "ops/unsafe_settings.py"}

# Holding one of these is the proof that a check was passed.
MADE_IN = {
    "Recipient": "protocol/authorize.py",
    "AuthorizationRequest": "protocol/authorize.py",
    "CodeProof": "protocol/code.py",
    "Issue": "protocol/decide.py",
    "ProvenClient": "client_auth/proofs.py",
    "Destination": "outbound.py",
    "AuthnEvent": "protocol/proof.py",
    "Administrator": "web/administrators.py",
    "Callback": "client/messages/callback.py",
}

# They tell of rules and enforce none.
TELL_OF_RULES = {"protocol/checks.py", "inspector/advice.py", "inspector/explain.py"}

# Time and randomness are arguments; this is where they come from.
IMPURE_CALLS = {
    *("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("os.urandom", "secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe", "secrets.choice"),
    *("random.random", "random.randint", "random.choice", "random.uniform", "uuid.uuid1", "uuid.uuid4"),
}


def _said(complaints: Iterable[str]) -> str:
    return "\n".join(sorted(complaints))


def test_every_file_says_what_it_is_about():
    assert not _said(name for name, tree in TREES.items() if not ast.get_docstring(tree))


def test_every_public_class_and_function_says_what_it_does():
    assert not _said(
        f"{name}: {node.name}" for name, tree in TREES.items() for node in _public(tree) if not ast.get_docstring(node)
    )


def _public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield what stands at the top of a file under a public name."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def test_no_file_is_too_long():
    lengths = {file.relative_to(SOURCE).as_posix(): len(file.read_text().splitlines()) for file in FILES}

    assert not _said(f"{name} has {length} lines" for name, length in lengths.items() if length > MAX_LINES)


def test_no_function_is_too_long():
    assert not _said(
        f"{name}: {node.name} has {length} lines"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    )


def test_time_and_randomness_come_from_the_clock_and_entropy():
    assert not _said(
        f"{name} calls {call}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if name != "clock.py" and (call := _called(node)) in IMPURE_CALLS
    )


def _called(node: ast.AST) -> str:
    """Return `module.function` of a call, also of a call by way of a class in a module."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=function)):
            return f"{module}.{function}"
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=module), attr=function)):
            return f"{module}.{function}"
        case _:
            return ""


def test_sql_is_written_once():
    assert not _said(
        f"{name} asks which engine it is in line {test.lineno}"
        for name, tree in TREES.items()
        if not name.startswith(KNOW_THE_ENGINE) and name not in READ_ITS_URL
        for test in _conditions(tree)
        if _names_an_engine(test)
    )


def _conditions(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Match(subject=test):
                yield test
            case _:
                pass


def _names_an_engine(test: ast.expr) -> bool:
    for node in ast.walk(test):
        match node:
            case ast.Constant(value=str(text)) if text.lower().startswith(("sqlite", "postgres")):
                return True
            case ast.Name(id="SQLITE" | "POSTGRES" | "engine" | "engine_of"):
                return True
            case ast.Attribute(attr="SQLITE" | "POSTGRES" | "engine" | "engine_of"):
                return True
            case _:
                pass
    return False


@pytest.mark.parametrize("proof", MADE_IN)
def test_a_type_that_proves_something_is_made_in_one_place(proof: str):
    makers = {name for name, tree in TREES.items() if any(_makes(node, proof) for node in ast.walk(tree))}

    assert makers == {MADE_IN[proof]}


def test_a_proof_is_made_by_a_listed_way_to_sign_in_alone():
    ways = {way.__module__.removeprefix("gatelodge.").replace(".", "/") + ".py" for way in WAYS}
    taken_over = {"protocol/proof.py"}  # from a session, which was begun by proofs

    house = {name: tree for name, tree in TREES.items() if not name.startswith("resource/")}  # it has one of its own

    assert {name for name, tree in house.items() if any(_makes(node, "Proof") for node in ast.walk(tree))} == (
        ways | taken_over
    )


def _makes(node: ast.AST, proof: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == proof


def test_every_rule_has_an_id_of_its_own():
    assert not _said(rule_id for rule_id, times in Counter(rule.id for rule in RULES).items() if times > 1)


def test_every_rule_says_what_it_demands_and_who_says_so():
    assert [rule.id for rule in RULES if not re.fullmatch(r"[a-z_]+\.\w+", rule.id)] == []
    assert [rule.id for rule in RULES if not rule.sentence or rule.sentence.endswith(".")] == []
    assert [rule.id for rule in RULES if not rule.section] == []


def test_every_rule_is_enforced_somewhere():
    enforcing = [tree for name, tree in TREES.items() if name not in TELL_OF_RULES]
    used = {node.attr for tree in enforcing for node in _enforcing(tree) if isinstance(node, ast.Attribute)}
    unused = {name for name, value in vars(rules).items() if isinstance(value, Rule)} - used

    assert not _said(f"{name} is in the catalogue and nowhere else" for name in unused)


def _enforcing(node: ast.AST) -> Iterator[ast.AST]:
    """Walk all but what a grant says it checks: that enforces nothing."""
    match node:
        case ast.Assign(targets=[ast.Name(id="checks")]):
            return
        case _:
            yield node
    for child in ast.iter_child_nodes(node):
        yield from _enforcing(child)


@pytest.mark.parametrize(
    ("code", "complains"),
    [
        ("if engine == 'x': pass", True),
        ("a = 1 if db.engine else 2", True),
        ("if url.startswith('sqlite:'): pass", True),
        ("match kind:\n  case 1: pass", False),
        ("if fits: print('sqlite')", False),
    ],
)
def test_the_check_for_engines_sees_one(code: str, complains: bool):
    assert any(map(_names_an_engine, _conditions(ast.parse(code)))) is complains


# The same thing for another framework, or for another HTTP client: whoever uses one never meets the other.
ONE_FOR_EACH_FRAMEWORK = {"Auth", "Caller", "ClientCredentials", "Login"}


def test_a_class_name_stands_once():
    where: dict[str, list[str]] = {}
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(name)

    assert not _said(
        f"{word} is a class of {' and of '.join(files)}"
        for word, files in where.items()
        if len(files) > 1 and word not in ONE_FOR_EACH_FRAMEWORK
    )


ROOT = SOURCE.parents[1]
PROSE = sorted(
    file
    for folder in ("src", "tests", "bench", "docs", "examples")
    for file in (ROOT / folder).rglob("*")
    if file.suffix in {".py", ".md", ".html", ".txt", ".sql", ".js"} and "node_modules" not in file.parts
)
A_PERSON_IS_THEY = re.compile(r"(?<![a-zA-Z\"])(?:he|his|him|himself|she|hers|herself)(?![a-zA-Z])")


def test_a_person_is_they():
    assert not _said(
        f"{file.relative_to(ROOT)}:{number} says {found[0]}"
        for file in PROSE
        if file != Path(__file__)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (found := A_PERSON_IS_THEY.search(line))
    )
