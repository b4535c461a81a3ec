"""What there is, is documented; what is documented, is there."""

import ast
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import get_args

import click
import pytest
from tests.docs.examples import example
from tests.docs.tables import EVENTS, PAGES, ROOT, RULES, WITH_TABLES, counted, fresh, served

from gatelodge.cli import COMMANDS
from gatelodge.client_auth import METHODS
from gatelodge.config.policies import SECTIONS
from gatelodge.demo import data as demo_data
from gatelodge.grants import GRANTS
from gatelodge.protocol.errors import ErrorCode

SOURCE = ROOT / "src" / "gatelodge"
ALL_PAGES = (*sorted(ROOT.glob("*.md")), *PAGES)


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


def settings() -> list[str]:
    return [key.name for make in SECTIONS.values() for key in fields(make())]


def commands(group: Iterable[click.Command] = COMMANDS, path: str = "") -> list[str]:
    found: list[str] = []
    for command in group:
        name = f"{path} {command.name}".strip()
        found += commands(command.commands.values(), name) if isinstance(command, click.Group) else [name]
    return found


def words_of_http() -> set[str]:
    """The codes with which HTTP or a page refuses a request, read from the source."""
    said: set[str] = {"invalid_request"}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Call(func=ast.Name(id="HttpRefusal"), args=[_, _, ast.Constant(value=str(code)), *_]):
                    said.add(code)
                case _:
                    pass
    return said


def endpoints_of_refusals() -> set[str]:
    """The names by which events call an endpoint, read from the source."""
    calls = (node for file in SOURCE.rglob("*.py") for node in ast.walk(ast.parse(file.read_bytes())))
    refusals = [c for c in calls if isinstance(c, ast.Call) and ast.unparse(c.func) == "RequestRefused"]
    words = [word for call in refusals for word in call.keywords if word.arg == "endpoint"]
    return {str(word.value.value) for word in words if isinstance(word.value, ast.Constant)}


def test_an_endpoint_has_one_name_in_events_metrics_and_docs() -> None:
    said = endpoints_of_refusals()
    assert said
    assert said <= {route.name for route in served()}


THINGS = {
    "setting": ("configuration.md", settings()),
    "endpoint": ("endpoints.md", [route.path for route in served()]),
    "grant": ("grants.md", [grant.grant_type for grant in GRANTS]),
    "client authentication method": ("grants.md", [method.name for method in METHODS]),
    "event": ("events.md", [event.event_name() for event in EVENTS]),
    "error code": ("errors.md", [*get_args(ErrorCode), *words_of_http()]),
    "rule": ("errors.md", [rule.id for rule in RULES]),
    "metric": ("operations.md", [name for name, *_ in counted()]),
}


@pytest.mark.parametrize("kind", THINGS)
def test_everything_there_is_has_its_place_in_the_docs(kind: str) -> None:
    page, names = THINGS[kind]
    assert names
    assert [name for name in names if f"`{name}`" not in text_of(page)] == []


def test_every_command_is_in_the_docs() -> None:
    assert [name for name in commands() if name not in text_of("cli.md")] == []


def test_the_tables_are_fresh() -> None:
    texts = {page.name: page.read_text("utf-8") for page in WITH_TABLES}
    assert [name for name, text in texts.items() if fresh(text) != text] == [], "run `make docs`"


def test_a_decision_has_a_number_of_its_own_which_is_in_its_title() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == [*range(1, len(pages) + 1)]
    assert [page.name for page in pages if not page.read_text("utf-8").startswith(f"# {int(page.name[:4])}. ")] == []


def test_links_lead_somewhere() -> None:
    links = [(page, link) for page in ALL_PAGES for link in links_of(page)]
    assert [f"{page}: {link}" for page, link in links if not leads_somewhere(page, link)] == []


def links_of(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M)
    return re.findall(r"\]\(([^)\s]+)\)", text)


def leads_somewhere(page: Path, link: str) -> bool:
    if link.startswith("https://"):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """The anchors of a page, made of its headings as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_index() -> None:
    index = text_of("index.md")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in PAGES if page.parent.name == "docs"]
    assert [page for page in pages if page != "index.md" and f"({page})" not in index] == []


def test_a_page_begins_with_its_title() -> None:
    assert [page.name for page in ALL_PAGES if not page.read_text("utf-8").startswith("# ")] == []


def test_the_three_commands_of_the_readme_are_those_the_demo_names() -> None:
    shown = "\n\n".join(f"# {says}\n{command}" for says, command in demo_data.commands("http://localhost:8000"))
    assert example("README.md", "# what this server can do") == shown + "\n"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 150
