"""Rooms are opened in one place of their own, so that the composition root stays a list of them."""

from pathlib import Path

from tests.architecture.test_imports import FLOORS, MODULES, SOURCE

ROOTS = ("server.py", "app.py")
SHORT = 130  # lines, also when there are thirty rooms: a room costs a root an import and two lines
FOUNDATIONS = {
    "clock",
    "config",
    "outbound",
    "database",
    "telemetry",
    "stores",
    "keys",
    "mail",
    "protocol",
    "foundation",
}
OPENED = set[str]().union(*FLOORS) - FOUNDATIONS - {"server", "app", "serving", "cli"}

# What the roots need to know beside the doors of rooms: ASGI, the shape of a route, and how an installation is founded.
SHARED = (
    "gatelodge.endpoints.adapter",
    "gatelodge.endpoints.reading",
    "gatelodge.endpoints.routes",
    "gatelodge.ops.setup",
    "gatelodge.ops.keys",
    "gatelodge.inspector.tracing.Tracing",
    "gatelodge.client_auth.ClientProofs",
    "gatelodge.authn.WAYS",
    "gatelodge.authn.contract.Way",
    "gatelodge.web.KINDS",
    "gatelodge.web.interaction_kind.InteractionKind",
)


def test_every_room_is_opened_in_a_place_of_its_own():
    without = sorted(room for room in OPENED if not (SOURCE / room / "room.py").is_file())

    assert not without, f"{without} have no room.py"


def test_the_roots_know_rooms_by_their_doors_alone():
    complaints = [
        f"{module.name} imports {name}: only {room}.room, or a place in SHARED"
        for module in MODULES
        if module.name in ROOTS
        for name in module.imports
        if name.startswith("gatelodge.") and (room := name.split(".")[1]) in OPENED
        if not f"{name}.".startswith(f"gatelodge.{room}.room.") and not name.startswith(SHARED)
    ]

    assert not complaints, "\n".join(complaints)


def test_the_roots_stay_short():
    lengths = {root: len(Path(SOURCE / root).read_text("utf-8").splitlines()) for root in ROOTS}

    assert {root: lines for root, lines in lengths.items() if lines > SHORT} == {}


def test_only_a_root_opens_a_room_of_its_floor_or_below():
    """A room gets what it needs when it is opened; whoever opens another one has a second of it."""
    opening = [
        f"{module.name} opens {name}"
        for module in MODULES
        if module.room in OPENED
        for name in module.imports
        if name.endswith((".room", ".room.open", ".room.routes"))
    ]

    assert not opening, "\n".join(opening)
