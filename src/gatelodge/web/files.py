"""Serving the static files of the pages."""

from dataclasses import dataclass

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.web.assets import Assets


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """Answers `GET /static/NAME`."""

    assets: Assets

    async def show(self, request: Request) -> Reply:
        """Return the file. Raises `HttpRefusal` if there is none of that name."""
        reply = self.assets.reply(request.path_params["name"], request.query.get("v"))
        if reply is None:
            raise HttpRefusal(404, "there is nothing at this address", "not_found")
        return reply
