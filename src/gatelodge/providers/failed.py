"""The page for who came back from a provider with nothing: what went wrong, in a sentence, and the way on."""

from collections.abc import Mapping

from gatelodge.authn.federation.providers import Providers
from gatelodge.endpoints.request import Request
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Pages

# What a person is told, and with which status. Whatever else the address says is said as the last.
STATUS: Mapping[str, int] = {"unavailable": 503, "declined": 200, "not_welcome": 403, "taken": 409, "rejected": 403}
_OWN = ("provider", "problem")


class FailedPage:
    """Tells somebody that a sign-in elsewhere came to nothing. The address is anybody's, so it only chooses words."""

    def __init__(self, pages: Pages, providers: Providers) -> None:
        self._pages = pages
        self._providers = providers

    async def show(self, request: Request) -> Reply:
        """Show what went wrong."""
        said = request.query.get("problem") or ""
        problem = said if said in STATUS else "rejected"
        opened = self._providers.find(request.query.get("provider") or "")
        context = Params.of([pair for pair in request.query if pair[0] not in _OWN]).encoded()
        return self._pages.render(
            "providers/failed",
            status=STATUS[problem],
            problem=problem,
            label="" if opened is None else opened.provider.label,
            again=f"{self._pages.base}/login?{context}" if context else "",
        )
