"""Who may import whom: the plan of the house, read from the imports themselves."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "gatelodge"

# From the ground up. Imports go down or stay on their floor, and rooms on one floor never import each other in a circle
# (test_circles.py): where two of them must not get to know each other at all, they stand on two.
FLOORS = (
    {"protocol", "clock", "config"},
    {"outbound", "database", "telemetry"},
    {"stores"},
    {"keys"},
    {"mail"},
    {"foundation"},
    {"client_auth", "authn"},
    {"grants", "sessions"},
    {"ops", "tokens"},
    {"endpoints"},
    {"web"},
    {"account", "inspector", "playground", "demo", "entry", "outbox", "providers"},
    {"server", "app", "serving"},
    {"cli"},
)
AT_THE_ROOT = {"__init__.py", "__main__.py", "app.py", "server.py", "outbound.py", "clock.py"}
SENDS_MAIL = "mail/smtp.py"
LIBRARIES = {"client", "resource", "testing"}  # beside the house: used without it

# What the protocol decides, it decides from its arguments.
IMPURE = {
    *(
        "asyncio",
        "datetime",
        "http",
        "io",
        "locale",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
    ),
    *("select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading"),
    *("time", "uuid", "zoneinfo"),
}
LIBRARIES_OF_THE_PROTOCOL = frozenset({"cryptography", "joserfc", "msgspec"})

HTTP_CLIENTS = frozenset({"aiohttp", "http", "httpcore", "httpcore2", "httpx", "httpx2", "requests", "urllib3"})
MAY_DIAL = {
    "outbound.py",
    "cli/doctor.py",  # asks for the operator's own issuer, whose address may well be private
}

AN_API_ITSELF = {"demo/pages/orders.py"}  # the demo's sample API, written as anybody would write one

CLIENT_MAY_USE = frozenset({"gatelodge.protocol", "gatelodge.client", "gatelodge.clock"})
RESOURCE_MAY_USE = CLIENT_MAY_USE | {"gatelodge.resource"}


@dataclass(frozen=True)
class Module:
    """One source file and the modules it imports, at its top or anywhere within."""

    name: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The package or module right below `gatelodge` that it belongs to."""
        return self.name.split("/")[0].removesuffix(".py")

    @cached_property
    def imports(self) -> list[str]:
        """What it imports: modules, and names from modules."""
        return list(_imported(self.tree))

    @property
    def rooms_used(self) -> frozenset[str]:
        """The other rooms it imports from."""
        return frozenset(_parts(name)[1] for name in self.imports if _parts(name)[0] == "gatelodge") - {self.room, ""}


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case _:
                pass


def _parts(name: str) -> tuple[str, str]:
    first, _, rest = name.partition(".")
    return first, rest.partition(".")[0]


MODULES = tuple(
    Module(file.relative_to(SOURCE).as_posix(), ast.parse(file.read_bytes())) for file in sorted(SOURCE.rglob("*.py"))
)


def _modules(*rooms: str) -> list[Module]:
    return [module for module in MODULES if module.room in rooms]


def _floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def _said(complaints: Iterable[str]) -> str:
    return "\n".join(sorted(set(complaints)))


def test_every_room_has_its_place():
    placed = set[str]().union(*FLOORS, LIBRARIES, {"__init__", "__main__"})

    assert not _said(f"{module.name}: {module.room} has no floor" for module in MODULES if module.room not in placed)


def test_the_root_holds_what_belongs_to_no_room():
    assert not _said(
        f"{module.name} stands at the root: it belongs in a room"
        for module in MODULES
        if "/" not in module.name and module.name not in AT_THE_ROOT
    )


def test_imports_go_down():
    floors = set[str]().union(*FLOORS)
    modules = [module for module in MODULES if module.room in floors]

    assert not _said(
        f"{module.name} imports {used}, which is above it"
        for module in modules
        for used in module.rooms_used & floors
        if _floor(used) > _floor(module.room)
    )


def test_the_protocol_imports_itself_and_what_is_pure():
    pure = (sys.stdlib_module_names - IMPURE) | LIBRARIES_OF_THE_PROTOCOL

    assert not _said(
        f"{module.name} imports {name}"
        for module in _modules("protocol")
        for name in module.imports
        if not name.startswith("gatelodge.protocol")
        and (_parts(name)[0] not in pure or name.startswith("urllib.request"))
    )


def test_the_protocol_does_not_await():
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)

    assert not _said(
        f"{module.name} awaits in line {node.lineno}"
        for module in _modules("protocol")
        for node in ast.walk(module.tree)
        if isinstance(node, waiting)
    )


@pytest.mark.parametrize(("room", "allowed"), [("client", CLIENT_MAY_USE), ("resource", RESOURCE_MAY_USE)])
def test_a_library_user_never_pulls_in_the_server(room: str, allowed: frozenset[str]):
    assert not _said(
        f"{module.name} imports {name}"
        for module in _modules(room)
        for name in module.imports
        if name.startswith("gatelodge.") and ".".join(_parts(name)) not in allowed
    )


def test_the_server_does_not_import_the_library_for_apis():
    house = set[str]().union(*FLOORS)

    assert not _said(
        f"{module.name} imports {used}"
        for module in _modules(*house)
        for used in module.rooms_used & {"resource", "testing"}
        if module.name not in AN_API_ITSELF or used != "resource"
    )


def test_one_door_leads_out():
    house = set[str]().union(*FLOORS)

    assert not _said(
        f"{module.name} imports {name}: only outbound.py may"
        for module in _modules(*house)
        for name in module.imports
        if module.name not in MAY_DIAL and (_parts(name)[0] in HTTP_CLIENTS or name.startswith("urllib.request"))
    )


def test_letters_leave_by_one_door():
    assert {
        module.name for module in MODULES if {"aiosmtplib", "smtplib"} & {_parts(n)[0] for n in module.imports}
    } == {SENDS_MAIL}


def test_starlette_meets_us_at_the_door_only():
    doors = {"app", "endpoints"}

    assert not _said(
        f"{module.name} imports {name}"
        for module in MODULES
        for name in module.imports
        if module.room not in doors | LIBRARIES and _parts(name)[0] == "starlette"
    )


def test_an_import_is_seen_wherever_it_stands():
    module = Module(
        "protocol/decide.py", ast.parse("def f():\n    import time\n    from gatelodge.stores import users")
    )

    assert module.imports == ["time", "gatelodge.stores.users"]
    assert module.rooms_used == {"stores"}
