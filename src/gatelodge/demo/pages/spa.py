"""A single-page application: one page and a script. Everything else happens in the browser (static/demo_spa.js)."""

from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Allows, Pages


class SpaDemo:
    """The page of `demo-spa`; its callback is the same page."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Reply:
        """Show the page that loads the script."""
        del request  # the script reads the address itself
        return self._pages.render("demo/spa", allows=Allows(scripts=True), issuer=self._pages.issuer)
