"""A route: one path, what answers it, and how its mistakes and its cross-origin readers are treated."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gatelodge.endpoints.request import Handler

Kind = Literal["machine", "page"]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table, which `app.py` makes of all rooms.

    `path` is below the issuer's path, or a pattern such as `/static/{name:path}`. `kind` decides whether mistakes are
    told in JSON or as a page. `cors` lets scripts of any origin read the answer, never with credentials. `at_root`
    routes stand outside the issuer's path. `metadata` is the member of the metadata document that tells where it is. A
    GET that `acts` does more than look, so no HEAD stands in for it. `reads_json` says that a body is a JSON object in
    place of a form.
    """

    name: str
    path: str
    handlers: Mapping[str, Handler]
    kind: Kind = "page"
    cors: bool = False
    at_root: bool = False
    metadata: str = ""
    acts: bool = False
    reads_json: bool = False

    def handler(self, method: str) -> Handler | None:
        """Return what answers this method; a HEAD is answered as a GET that only looks (RFC 9110 9.3.2)."""
        looks = method == "HEAD" and not self.acts
        return self.handlers.get("GET" if looks else method)


class Match(NamedTuple):
    """The route a path leads to and what its pattern matched."""

    route: Route
    path_params: Mapping[str, str]


class Table:
    """All routes: exact paths by one look-up, patterns in order."""

    def __init__(self, routes: Sequence[Route], base: str) -> None:
        full = [("" if r.at_root else base, r) for r in routes]
        self._exact = {prefix + r.path: Match(r, {}) for prefix, r in full if "{" not in r.path}
        self._patterns = [(_pattern(prefix + r.path), r) for prefix, r in full if "{" in r.path]

    def find(self, path: str) -> Match | None:
        """Return the route of `path`, compared as it was sent: no slash is added, no case is folded."""
        match = self._exact.get(path)
        if match is not None:
            return match
        for pattern, route in self._patterns:
            found = pattern.fullmatch(path)
            if found is not None:
                return Match(route, found.groupdict())
        return None


_NAME = re.compile(r"\{(\w+)(:path)?\}")


def _pattern(path: str) -> re.Pattern[str]:
    """Return what `path` stands for: `{name}` is one segment that is not empty, `{name:path}` any number of them."""
    text, *named = _NAME.split(path)
    pattern = re.escape(text)
    for name, whole, text in zip(named[::3], named[1::3], named[2::3], strict=True):
        pattern += f"(?P<{name}>{'.*' if whole else '[^/]+'}){re.escape(text)}"
    return re.compile(pattern)
