"""Where users import from: a few stable doors. Everything that the documentation imports is behind one of them."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOORS = (
    "gatelodge.client",
    "gatelodge.client.credentials",
    "gatelodge.client.httpx_auth",
    "gatelodge.client.keeping",
    "gatelodge.client.login",
    "gatelodge.client.login.django",
    "gatelodge.client.login.fastapi",
    "gatelodge.client.login.flask",
    "gatelodge.client.login.starlette",
    "gatelodge.client.messages",
    "gatelodge.client.native",
)
SHOWN = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.py"), ROOT / "README.md"])
IMPORT = re.compile(r"^\s*from (gatelodge\.client[\w.]*) import (?:\(([^)]+)\)|([^(\n]+))$", re.MULTILINE)
MENTION = re.compile(r"`(gatelodge\.client[\w.]*)")


def imported(text: str) -> set[tuple[str, str]]:
    """Each module and name that a page imports."""
    return {
        (module, name.strip().partition(" as ")[0])
        for module, many, few in IMPORT.findall(text)
        for name in (many or few).split(",")
        if name.strip()
    }


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_what_a_page_imports_is_behind_a_door(page: Path):
    for module, name in imported(page.read_text("utf-8")):
        assert module in DOORS, f"{page.name} imports {name} from {module}, which is no door"
        found = getattr(import_module(module), name, None)
        assert found is not None or f"{module}.{name}" in DOORS, f"{module} has no {name}"


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_what_a_page_names_is_a_door_or_behind_one(page: Path):
    for path in MENTION.findall(page.read_text("utf-8")):
        module, _, name = path.rpartition(".")
        assert path in DOORS or (module in DOORS and hasattr(import_module(module), name)), path


@pytest.mark.parametrize("door", DOORS)
def test_everything_behind_a_door_can_be_had(door: str):
    module = import_module(door)
    names = [name for name in dir(module) if not name.startswith("_")]
    assert names
    assert all(getattr(module, name) is not None for name in names)


def test_the_pages_do_import_something():
    assert len({module for page in SHOWN for module, _ in imported(page.read_text("utf-8"))}) >= 8
