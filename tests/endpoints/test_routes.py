"""The table of routes: exact paths and patterns, compared as they were sent."""

import pytest

from gatelodge.endpoints.routes import Route, Table

TABLE = Table(
    (
        Route("home", "/", {}),
        Route("one", "/static/a.b", {}),
        Route("item", "/items/{item}", {}),
        Route("part", "/items/{item}/parts.{part}", {}),
        Route("file", "/files/{name:path}", {}),
        Route("known", "/.well-known/x", {}, at_root=True),
    ),
    "/base",
)

FOUND = {
    "/base/": ("home", {}),
    "/base/static/a.b": ("one", {}),
    "/base/items/7": ("item", {"item": "7"}),
    "/base/items/7/parts.x": ("part", {"item": "7", "part": "x"}),
    "/base/files/": ("file", {"name": ""}),
    "/base/files/a/b": ("file", {"name": "a/b"}),
    "/.well-known/x": ("known", {}),
}


@pytest.mark.parametrize("path", FOUND)
def test_a_path_leads_to_its_route(path: str) -> None:
    found = TABLE.find(path)
    assert found is not None
    assert (found.route.name, found.path_params) == FOUND[path]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/base", "/base/static/aXb", "/base/items", "/base/items/", "/base/items/7/"),
        *("/base/items/7/partsXx", "/BASE/items/7", "/x/base/items/7", "/base/.well-known/x"),
    ],
)
def test_nothing_is_folded_added_or_left_out(path: str) -> None:
    assert TABLE.find(path) is None
