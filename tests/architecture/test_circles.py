"""No circles: neither between rooms nor between the files of one, also none that only the type checker would walk.

Two files that need each other are one file, or a third is missing that both can stand on.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

import pytest
from tests.architecture.test_imports import LIBRARIES, MODULES, Module

Graph = Mapping[str, Collection[str]]

FILES = frozenset(module.name for module in MODULES)


def file_of(name: str) -> str | None:
    """Return the file that an imported name of ours stands in, the deepest there is: packages re-export."""
    parts = name.split(".")[1:] if name.startswith("gatelodge.") else []
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end])
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in FILES:
                return file
    return None


def files_used(module: Module) -> set[str]:
    return {file for name in module.imports if (file := file_of(name)) and file != module.name}


USED: Graph = {module.name: files_used(module) for module in MODULES}


def room_of(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def rooms() -> Graph:
    """Return which rooms use which; the libraries' own shape is theirs."""
    used: dict[str, set[str]] = {}
    for file, others in USED.items():
        used.setdefault(room_of(file), set()).update(room_of(other) for other in others)
    return {room: others - {room} - LIBRARIES for room, others in used.items() if room not in LIBRARIES}


def circle(graph: Graph) -> list[str]:
    """Return the way around one circle, its first place again at its end; nothing if there is none."""
    done: set[str] = set()
    return next((found for place in sorted(graph) if (found := _around(graph, place, [], done))), [])


def _around(graph: Graph, place: str, way: list[str], done: set[str]) -> list[str]:
    if place in way:
        return [*way[way.index(place) :], place]
    if place in done:
        return []
    for other in sorted(graph.get(place, ())):
        if found := _around(graph, other, [*way, place], done):
            return found
    done.add(place)
    return []


def reasons(way: Iterable[str]) -> Iterator[str]:
    """Say which imports lead from room to room."""
    for room, other in pairwise(way):
        yield from (
            f"{file} imports {used}"
            for file in sorted(USED)
            if room_of(file) == room
            for used in sorted(USED[file])
            if room_of(used) == other
        )


def test_rooms_do_not_stand_in_a_circle():
    way = circle(rooms())

    assert not way, " -> ".join(way) + "\n" + "\n".join(reasons(way))


@pytest.mark.parametrize("room", sorted({room_of(file) for file in FILES}))
def test_the_files_of_a_room_do_not_stand_in_a_circle(room: str):
    within = {file: {f for f in used if room_of(f) == room} for file, used in USED.items() if room_of(file) == room}

    assert not circle(within), " -> ".join(circle(within))


@pytest.mark.parametrize(
    ("graph", "way"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c", "b"]),
        ({"a": ["b", "c"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
    ],
)
def test_a_circle_is_told_by_its_way(graph: Graph, way: list[str]):
    assert circle(graph) == way


def test_an_import_for_the_type_checker_counts():
    assert file_of("gatelodge.telemetry.notes.Notes") == "telemetry/notes.py"
    assert file_of("gatelodge.authn.WAYS") == "authn/__init__.py"
    assert file_of("collections.abc") is None
