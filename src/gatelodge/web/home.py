"""The home page: what this server is, and in the demo what can be tried."""

from gatelodge import demo_data
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Pages


class HomePage:
    """The page at `/`."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Reply:
        """Show it; it is the same for everybody."""
        del request
        issuer = self._pages.issuer
        commands = "\n\n".join(f"# {says}\n{command}" for says, command in demo_data.commands(issuer))
        return self._pages.render(
            "home", issuer=issuer, commands=commands, people=demo_data.PEOPLE, secrets=demo_data.SECRETS
        )
