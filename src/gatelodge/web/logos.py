"""Serving the logos of clients, which `ops/logos.py` judged: each under a name that its content gave it."""

import re
from dataclasses import dataclass

from gatelodge.database.tx import Database
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.stores import logos
from gatelodge.web.assets import picture_headers

_NAME = re.compile(r"[0-9a-f]{16}(\.png|\.jpg|\.webp)")


@dataclass(frozen=True, slots=True)
class Logos:
    """Answers `GET /logo/NAME`."""

    db: Database

    async def show(self, request: Request) -> Reply:
        """Return the picture. Raises `HttpRefusal` if no client has it."""
        name = request.path_params["name"]
        named = _NAME.fullmatch(name)
        body = await self.db.read(logos.find, name) if named else None
        if named is None or body is None:
            raise HttpRefusal(404, "there is nothing at this address", "not_found")
        return Reply(200, picture_headers(named[1]), body)
