"""The home page: what this server is, in the demo what can be tried, and for administrators the way to their pages."""

from collections.abc import Awaitable, Callable, Mapping

from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Pages


class HomePage:
    """The page at `/`. `is_administrator` says whether one is signed in where a request comes from.

    `demo` are the people, secrets and commands of the demo, if this is one.
    """

    def __init__(
        self, pages: Pages, is_administrator: Callable[[Request], Awaitable[bool]], demo: Mapping[str, object]
    ) -> None:
        self._pages = pages
        self._is_administrator = is_administrator
        self._demo = demo

    async def show(self, request: Request) -> Reply:
        """Show it; but for the way to their pages, which administrators find, it is the same for everybody."""
        administrator = await self._is_administrator(request)
        return self._pages.render("home", issuer=self._pages.issuer, administrator=administrator, shown=self._demo)
