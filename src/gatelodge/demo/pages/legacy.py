"""What OAuth 2.1 removed, to be recognised and replaced: implicit, hybrid, and the password grant."""

from dataclasses import replace
from urllib.parse import urlencode

from gatelodge.clock import Entropy
from gatelodge.demo.data import SECRETS
from gatelodge.demo.pages.backend import Backend, Fetch, ShownExchange
from gatelodge.demo.pages.visits import Visits, ask
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.web.errors import check_own_page
from gatelodge.web.pages import Allows, Pages

CLIENT_ID = "demo-legacy"
SCOPE = "openid profile email orders:read"
FLOWS = ("token", "id_token", "id_token token", "code id_token", "code token", "code id_token token")


class LegacyDemo:
    """The pages of `demo-legacy`."""

    def __init__(self, pages: Pages, fetch: Fetch, entropy: Entropy, visits: Visits) -> None:
        self._pages = pages
        self._entropy = entropy
        self._visits = visits
        self._backend = Backend(pages.issuer, CLIENT_ID, SECRETS[CLIENT_ID], fetch)
        self._callback_uri = pages.issuer + "/demo/legacy/callback"

    async def show(self, request: Request) -> Reply:
        """Show the legacy flows with what replaces each."""
        del request
        return self._page(None)

    async def start(self, request: Request) -> Reply:
        """Send the browser to the authorization endpoint with one of the old response types."""
        flow = request.query.get("flow")
        if flow not in FLOWS:
            return redirect(self._pages.base + "/demo/legacy")
        asked = ask(self._entropy)
        params = {
            "client_id": CLIENT_ID,
            "response_type": flow,
            "redirect_uri": self._callback_uri,
            "scope": SCOPE,
            "state": asked.state,
            "nonce": asked.nonce,
        }
        if "code" in flow.split():
            params |= {"code_challenge": asked.challenge, "code_challenge_method": "S256"}
        visit = replace(self._visits.find(request), asked=asked)
        return redirect(f"{self._pages.issuer}/authorize?{urlencode(params)}", self._visits.keep(request, visit))

    async def callback(self, request: Request) -> Reply:
        """Show the page whose script reads the fragment, which never reaches a server."""
        asked = self._visits.find(request).asked
        return self._pages.render(
            "demo/legacy_callback",
            allows=Allows(scripts=True),
            state=asked.state if asked else "",
            nonce=asked.nonce if asked else "",
            issuer=self._pages.issuer,
            came=list(request.query),
        )

    async def password(self, request: Request) -> Reply:
        """Send a person's password to the token endpoint: the habit this page is about (RFC 6749 4.3)."""
        check_own_page(self._pages.issuer, request)
        form = {
            "grant_type": "password",
            "username": request.form.get("username") or "",
            "password": request.form.get("password") or "",
            "scope": SCOPE,
        }
        return self._page((await self._backend.token("Password grant", form)).exchange)

    def _page(self, exchange: ShownExchange | None) -> Reply:
        return self._pages.render("demo/legacy", allows=Allows(forms="here"), flows=FLOWS, exchange=exchange)
