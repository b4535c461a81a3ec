"""What ARCHITECTURE.md and the security pages say of the source is true: what they name is there."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from tests.docs.tables import ROOT, SOURCE

PAGES = ("ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "docs/security-model.md")
EXAMPLES = re.compile(r"(\w+/)*x\.py")  # files the page tells how to add

FILE = re.compile(r"[\w.*-]+/|(?:[\w.*-]+/)*[\w-]+\.(?:py|md|sql|toml)")
CLASS = re.compile(r"[A-Z][a-z]\w*")
MEMBER = re.compile(r"(\w+)\.(\w+)")
FUNCTION = re.compile(r"(\w+)\(\)")

page = pytest.mark.parametrize("page", PAGES)


def spans(name: str) -> set[str]:
    """Everything a page writes as code within its sentences."""
    text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text("utf-8"), flags=re.S | re.M)
    return set(re.findall(r"`([^`\n]+)`", text))


@cache
def defined() -> dict[str, set[str]]:
    """Every class and module of the source, with the names defined in it."""
    found: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_bytes())
        found.setdefault(file.stem, set()).update(names(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(names(node))
    return found


def names(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        match one:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case _:
                pass


def exists(path: str) -> bool:
    return any((base / path).exists() for base in (ROOT, SOURCE))


@page
def test_every_file_that_is_named_exists(page: str) -> None:
    named = [span for span in spans(page) if FILE.fullmatch(span) and not EXAMPLES.fullmatch(span)]
    assert [path for path in named if not exists(path)] == []


@page
def test_every_class_that_is_named_exists(page: str) -> None:
    assert [span for span in spans(page) if CLASS.fullmatch(span) and not known(span)] == []


def known(name: str) -> bool:
    return any(name == owner or name in members for owner, members in defined().items()) or name in FOREIGN


FOREIGN = {"Host", "Origin", "Secure", "HttpOnly", "Manager", "Helper", "Util"}  # HTTP's words, and those we do not use


@page
def test_every_member_that_is_named_exists(page: str) -> None:
    pairs = [match.groups() for span in spans(page) if (match := MEMBER.fullmatch(span)) and not FILE.fullmatch(span)]
    assert [pair for pair in pairs if pair[0] in defined() and pair[1] not in defined()[pair[0]]] == []
    unknown = {owner for owner, _ in pairs if owner not in defined()}
    assert unknown <= SECTIONS_OF_SETTINGS


SECTIONS_OF_SETTINGS = {"server", "tokens", "legacy", "keys", "sign_in", "retention"}


@page
def test_every_function_that_is_named_exists(page: str) -> None:
    functions = [match[1] for span in spans(page) if (match := FUNCTION.fullmatch(span))]
    everything = set[str]().union(*defined().values())
    assert [name for name in functions if name not in everything | {"send"}] == []


def test_every_room_is_named() -> None:
    rooms = {path.parent.relative_to(SOURCE).parts[0] for path in SOURCE.rglob("*/__init__.py")}
    assert [
        room for room in sorted(rooms) if f"| `{room}/` |" not in (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    ] == []


def test_the_signature_that_is_shown_is_the_one_in_the_source() -> None:
    shown = next(span for span in spans("ARCHITECTURE.md") if span.startswith("async def take"))
    assert shown + ":" in (SOURCE / "stores" / "tickets.py").read_text("utf-8")
