"""The tables of the documentation, made from the source so that they cannot lie.

`make docs` brings every page up to date; a test fails when one is stale. A table stands between two marks:
`<!-- NAME: made by make docs -->` and `<!-- end of NAME -->`.
"""

import ast
import asyncio
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from inspect import cleandoc
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase
from tests.architecture.test_imports import FLOORS, LIBRARIES
from tests.docs import words
from tests.world import config_for, open_world

from gatelodge import app
from gatelodge.client_auth import METHODS
from gatelodge.clock import SystemClock
from gatelodge.config import table as config_table
from gatelodge.database import migrate
from gatelodge.endpoints.routes import Route
from gatelodge.grants import GRANTS
from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule
from gatelodge.resource.profiles import PROFILES
from gatelodge.telemetry import events, metrics
from gatelodge.telemetry.events import Event

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gatelodge"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
WITH_TABLES = (ROOT / "ARCHITECTURE.md", *PAGES)
RULES = tuple(value for value in vars(rules).values() if isinstance(value, Rule))
LISTED = [
    kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]
EVENTS = (
    *(e for e in LISTED if e.__module__ == events.__name__),
    *(e for e in LISTED if e.__module__ != events.__name__),
)

PLACE = re.compile(r"<!-- (?P<name>\w+): made by make docs -->\n.*?<!-- end of (?P=name) -->", re.S)


def fresh(page: str) -> str:
    """Return `page` with every table between marks made anew."""
    if config_table.BEGIN in page:
        page = config_table.fresh(page)
    return PLACE.sub(lambda place: marked(place["name"], TABLES[place["name"]]()), page)


def marked(name: str, text: str) -> str:
    return f"<!-- {name}: made by make docs -->\n\n{text}\n<!-- end of {name} -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(row)} |\n" for row in (head, *rows)]
    return "".join([lines[0], "|---" * len(head) + "|\n", *lines[1:]])


def sentence(thing: object) -> str:
    """Return the first sentence of a docstring."""
    text = " ".join(cleandoc(thing.__doc__ or "").split("\n\n")[0].split())
    return re.split(r"(?<=[a-z`)]\.) ", text)[0]


def yes(on: bool) -> str:
    return "yes" if on else "no"


def code(text: str) -> str:
    return f"`{text}`"


# The tables


def event_table() -> str:
    return table(
        ("event", "level", "in the audit trail", "members", "what happened"),
        (
            (
                code(kind.event_name()),
                kind.level,
                yes(kind.audited),
                " ".join(map(code, _own_members(kind))),
                _told(kind),
            )
            for kind in EVENTS
        ),
    )


def _own_members(kind: type[Event]) -> list[str]:
    return [member.name for member in fields(kind) if member.name not in ("client_id", "user_id")]


def _told(kind: type[Event]) -> str:
    return " ".join((kind.__doc__ or "").split())


def rule_table() -> str:
    return table(
        ("rule", "what holds", "where it is from"),
        ((code(r.id), r.sentence, r.section) for r in sorted(RULES, key=_id)),
    )


def _id(rule: Rule) -> str:
    return rule.id


def grant_table() -> str:
    return table(
        ("`grant_type`", "what it does", "public clients", "on"),
        (
            (
                code(grant.grant_type),
                sentence(type(grant)),
                yes(grant.for_public_clients),
                f"`legacy.{grant.legacy}`, off by default" if grant.legacy else "always",
            )
            for grant in GRANTS
        ),
    )


def word_table(explained: Mapping[str, object]) -> str:
    return table(
        ("word", "what it means", "in the code"),
        ((word, sentence(thing), code(str(getattr(thing, "__name__", "")))) for word, thing in explained.items()),
    )


def method_table() -> str:
    return table(
        ("`token_endpoint_auth_method`", "how the client proves itself"),
        ((code(method.name), _subject_of_module(method)) for method in METHODS),
    )


def _subject_of_module(thing: object) -> str:
    """Return what the docstring of a class's module says after its name."""
    said = sentence(sys.modules[type(thing).__module__]).partition(": ")[2]
    return said[:1].upper() + said[1:]


def profile_table() -> str:
    return table(
        ("`profile`", "for", "`typ` of the header", "the client is in", "what only an access token has"),
        (
            (
                code(profile.name),
                sentence(sys.modules[type(profile).__module__]).removesuffix("."),
                ", ".join(code(typ) if typ else "none" for typ in sorted(profile.types, reverse=True)),
                ", ".join(map(code, profile.clients)),
                " ".join(cleandoc(type(profile).__doc__ or "").split()),
            )
            for profile in PROFILES
        ),
    )


def route_table() -> str:
    return _table_of(route for route in served() if not _is_demo(route))


def demo_route_table() -> str:
    return _table_of(filter(_is_demo, served()))


def _is_demo(route: Route) -> bool:
    return route.path.startswith(("/demo/", "/playground", "/.well-known/oauth-protected-resource"))


def _table_of(routes: Iterable[Route]) -> str:
    return table(
        ("path", "methods", "name", "for", "other origins", "what it does"),
        (
            (
                code(route.path),
                " ".join(route.handlers),
                code(route.name),
                "programs" if route.kind == "machine" else "browsers",
                "may read" if route.cors else "no",
                _about(route),
            )
            for route in routes
        ),
    )


def _about(route: Route) -> str:
    handler = next(iter(route.handlers.values()))
    whose = getattr(handler, "__self__", handler)
    return sentence(getattr(whose, "answer", whose))  # the own route of a way to sign in is told by what answers it


@cache
def served() -> tuple[Route, ...]:
    """Return the routes of a demo whose issuer is at the root."""
    return asyncio.run(_served())


async def _served() -> tuple[Route, ...]:
    with tempfile.TemporaryDirectory() as folder:
        config = replace(config_for(f"sqlite:///{folder}/docs.db", issuer="http://localhost:8000"), demo=True)
        config = replace(config, server=replace(config.server, inspector=True))
        migrate.up(config.database)
        async with open_world(config, SystemClock()) as world:
            return app.routes(world.server)


def metric_table() -> str:
    return table(
        ("metric", "kind", "labels", "what it says"),
        ((code(name), kind, " ".join(map(code, labels)), said) for name, kind, labels, said in counted()),
    )


def counted() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Yield name, kind, labels and sentence of every metric, named as `/metrics` names it."""
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            family = next(iter(metric.describe()))
            suffix = "_total" if family.type == "counter" else ""
            yield family.name + suffix, family.type, metric._labelnames, family.documentation


def decision_table() -> str:
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    return "".join(f"- [{_title(page)}]({page.name})\n" for page in pages)


def _title(page: Path) -> str:
    return page.read_text("utf-8").splitlines()[0].removeprefix("# ")


def floor_table() -> str:
    """Return the rooms of the house from the top floor down, with the libraries beside it last."""
    rooms = [(str(len(FLOORS) - above), room) for above, floor in enumerate(reversed(FLOORS)) for room in sorted(floor)]
    beside = [("beside", room) for room in sorted(LIBRARIES)]
    return table(
        ("floor", "room", "what is in it"),
        (
            (floor, code(room + "/" * _is_package(room)), _subject(room))
            for floor, room in (*rooms, *beside)
            if _is_package(room) or (SOURCE / f"{room}.py").exists()
        ),
    )


def _is_package(room: str) -> bool:
    return (SOURCE / room).is_dir()


def _subject(room: str) -> str:
    file = SOURCE / room / "__init__.py" if _is_package(room) else SOURCE / f"{room}.py"
    text = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    return re.split(r"(?<=[a-z`)]\.)\s", text, maxsplit=1)[0].replace("\n", " ")


TABLES: Mapping[str, Callable[[], str]] = {
    "decisions": decision_table,
    "demo_endpoints": demo_route_table,
    "endpoints": route_table,
    "events": event_table,
    "field_words": lambda: word_table(words.OF_THE_FIELD),
    "floors": floor_table,
    "grants": grant_table,
    "methods": method_table,
    "own_words": lambda: word_table(words.OUR_OWN),
    "metrics": metric_table,
    "profiles": profile_table,
    "rules": rule_table,
}


def main() -> None:
    for page in WITH_TABLES:
        old = page.read_text("utf-8")
        new = fresh(old)
        if new != old:
            page.write_text(new, "utf-8")
            print(f"{page.relative_to(ROOT)} is fresh")


if __name__ == "__main__":
    main()
