"""Our own pages that somebody signs in for: all that a sign-in leads to besides an interaction.

On the wire it is named by its page's name, never by an address. Its path is ours, and what varies in it or behind
it must look as the page says, so no link can make a sign-in end anywhere else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from gatelodge.endpoints.request import Request
from gatelodge.protocol.params import Params

PARAMETER = "page"  # of `/login`, in place of an interaction


@dataclass(frozen=True, slots=True)
class OwnPage:
    """One page. `path` is below the issuer's path, with `{name}` for what it cannot do without.

    `takes` says how what varies must look; what is not in the path may be left out.
    """

    name: str
    path: str
    takes: Mapping[str, re.Pattern[str]] = field(default_factory=dict[str, re.Pattern[str]])


_LABEL = re.compile(r"[!-~]{1,200}")

INSPECTOR = OwnPage("inspector", "/inspector", dict.fromkeys(("client", "endpoint", "outcome", "live"), _LABEL))
TRACE = OwnPage("inspector_trace", "/inspector/{request_id}", {"request_id": re.compile(r"[0-9a-f]{16}")})
ACCOUNT = OwnPage("account", "/account")
ACCOUNT_PAGE = OwnPage("account_page", "/account/{part}", {"part": re.compile(r"[a-z][a-z_]{0,40}")})
ACCOUNT_HELD = OwnPage("account_held", "/account/held/{held}", {"held": re.compile(r"[\w-]{40,80}")})
LINK = OwnPage("link", "/link", {"waiting": re.compile(r"[\w-]{40}")})
_ALL = (INSPECTOR, TRACE, ACCOUNT, ACCOUNT_PAGE, ACCOUNT_HELD, LINK)
PAGES: Mapping[str, OwnPage] = {page.name: page for page in _ALL}


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page with what varies of it. Made by `address_at`, `address_with` and `read_address`."""

    page: OwnPage
    values: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where it is, below the issuer's path."""
        path = self.page.path.format_map(self.values)
        rest = {name: value for name, value in self.values.items() if not _is_in_path(self.page, name)}
        return f"{path}?{urlencode(rest)}" if rest else path

    @property
    def query(self) -> str:
        """The same for the query of `/login`, which `read_address` reads."""
        return urlencode({PARAMETER: self.page.name, **self.values})


def address_at(page: OwnPage, request: Request) -> PageAddress | None:
    """Return the address a request to `page` wants, or `None` if there can be nothing at it."""
    return _address(page, lambda name: request.path_params.get(name) or request.query.get(name))


def address_with(page: OwnPage, values: Mapping[str, str]) -> PageAddress:
    """Return the address of a page with these values. Raises `ValueError` if there can be nothing at it."""
    found = _address(page, values.get)
    if found is None or found.values != values:
        raise ValueError(f"the page {page.name} is nowhere with these values")
    return found


def read_address(query: Params) -> PageAddress | None:
    """Return the address that a query of `/login` names, or `None` if it is none of ours."""
    page = PAGES.get(query.get(PARAMETER) or "")
    return page and _address(page, query.get)


def _address(page: OwnPage, find: Callable[[str], str | None]) -> PageAddress | None:
    found = {name: value for name, shape in page.takes.items() if (value := find(name)) and shape.fullmatch(value)}
    is_whole = all(name in found for name in page.takes if _is_in_path(page, name))
    return PageAddress(page, found) if is_whole else None


def _is_in_path(page: OwnPage, name: str) -> bool:
    return f"{{{name}}}" in page.path
