"""The home page: what this server is, in the demo what can be tried, and for administrators the way to their pages."""

from collections.abc import Awaitable, Callable

from gatelodge.demo import data as demo_data
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Pages


class HomePage:
    """The page at `/`. `is_administrator` says whether one is signed in where a request comes from."""

    def __init__(self, pages: Pages, is_administrator: Callable[[Request], Awaitable[bool]]) -> None:
        self._pages = pages
        self._is_administrator = is_administrator

    async def show(self, request: Request) -> Reply:
        """Show it; but for the way to their pages, which administrators find, it is the same for everybody."""
        issuer = self._pages.issuer
        commands = "\n\n".join(f"# {says}\n{command}" for says, command in demo_data.commands(issuer))
        return self._pages.render(
            "home",
            issuer=issuer,
            commands=commands,
            people=demo_data.PEOPLE,
            secrets=demo_data.SECRETS,
            administrator=await self._is_administrator(request),
        )
