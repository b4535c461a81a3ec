"""A server-side web application: authorization code with PKCE, exchanged where no browser sees it (RFC 6749 4.1)."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from gatelodge.clock import Entropy
from gatelodge.demo.data import SECRETS
from gatelodge.demo.pages.backend import Backend, BackendAnswer, Fetch, claims_of, masked, pretty
from gatelodge.demo.pages.visits import DemoTokens, DemoVisit, PendingAnswer, Visits, ask
from gatelodge.endpoints.request import Request
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.web.errors import check_own_page
from gatelodge.web.pages import Allows, Pages

CLIENT_ID = "demo-web"
SCOPE = "openid profile email offline_access orders:read"
PROMPTS = ("login", "consent", "select_account", "none")


class WebDemo:
    """The pages of `demo-web`."""

    def __init__(self, pages: Pages, fetch: Fetch, entropy: Entropy, visits: Visits) -> None:
        self._pages = pages
        self._entropy = entropy
        self._visits = visits
        self._backend = Backend(pages.issuer, CLIENT_ID, SECRETS[CLIENT_ID], fetch)
        self._callback_uri = pages.issuer + "/demo/web/callback"

    async def show(self, request: Request) -> Reply:
        """Show where the application stands with this visitor."""
        return self._page(self._visits.find(request))

    async def login(self, request: Request) -> Reply:
        """Send the browser to the authorization endpoint, and remember what its answer must match."""
        asked = ask(self._entropy)
        visit = replace(self._visits.find(request), asked=asked)
        prompt = request.query.get("prompt")
        return redirect(self._authorization_url(asked, prompt), self._visits.keep(request, visit))

    async def callback(self, request: Request) -> Reply:
        """Take the answer: check it, exchange the code once, and tell what happened."""
        visit, query = self._visits.find(request), request.query
        came = [(name, masked(value) if name == "code" else value) for name, value in query]
        problem = _mismatch(query, visit.asked, self._pages.issuer)
        if problem or visit.asked is None:
            return self._page(visit, came, problem)
        asked, visit = visit.asked, replace(visit, asked=None)
        code = query.get("code")
        if code is not None:
            visit, problem = await self._exchange(code, asked)
        else:
            problem = "refused"
        return self._page(visit, came, problem).with_cookies(self._visits.keep(request, visit))

    async def act(self, request: Request) -> Reply:
        """Do what a button says, then show the page again."""
        check_own_page(self._pages.issuer, request)
        visit = self._visits.find(request)
        match request.form.get("action"), visit.tokens:
            case "userinfo", DemoTokens() as tokens:
                visit = _told(visit, await self._backend.userinfo("UserInfo", tokens.access))
            case "refresh", DemoTokens(refresh=str(refresh)) as tokens:
                form = {"grant_type": "refresh_token", "refresh_token": refresh}
                answer = await self._backend.token("Refresh", form)
                visit = _told(replace(visit, tokens=_tokens(answer.body, tokens)), answer)
            case "revoke", DemoTokens(refresh=refresh) as tokens:
                visit = _told(visit, await self._backend.revoke("Revocation", refresh or tokens.access))
            case "sign_out", DemoTokens() as tokens:
                return redirect(self._logout_url(tokens.id), self._visits.keep(request, DemoVisit()))
            case _:
                pass
        return redirect(self._pages.base + "/demo/web#latest", self._visits.keep(request, visit))

    async def _exchange(self, code: str, asked: PendingAnswer) -> tuple[DemoVisit, str]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback_uri,
            "code_verifier": asked.verifier,
        }
        answer = await self._backend.token("Code exchange", form)
        if not answer.succeeded:
            return _told(DemoVisit(), answer), "exchange"
        tokens = _tokens(answer.body, None)
        if tokens is None or claims_of(tokens.id or "").get("nonce") != asked.nonce:
            return _told(DemoVisit(), answer), "nonce"
        person = await self._backend.userinfo("UserInfo", tokens.access)
        name = str(person.body.get("name") or person.body.get("sub", ""))
        sid = str(claims_of(tokens.id or "").get("sid", ""))
        return _told(_told(DemoVisit(tokens=tokens, name=name, sid=sid), answer), person), ""

    def _authorization_url(self, asked: PendingAnswer, prompt: str | None) -> str:
        params = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": self._callback_uri,
            "scope": SCOPE,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": asked.challenge,
            "code_challenge_method": "S256",
        }
        if prompt in PROMPTS:
            params["prompt"] = prompt
        return f"{self._pages.issuer}/authorize?{urlencode(params)}"

    def _logout_url(self, id_token: str | None) -> str:
        back = {"client_id": CLIENT_ID, "post_logout_redirect_uri": self._pages.issuer + "/demo/web"}
        if id_token:
            back["id_token_hint"] = id_token
        return f"{self._pages.issuer}/logout?{urlencode(back)}"

    def _page(self, visit: DemoVisit, came: list[tuple[str, str]] | None = None, problem: str = "") -> Reply:
        tokens = visit.tokens
        return self._pages.render(
            "demo/web",
            allows=Allows(forms="anywhere"),
            came=came,
            problem=problem,
            exchanges=visit.exchanges,
            claims=pretty(claims_of(tokens.id)) if tokens and tokens.id else "",
            signed_in=tokens is not None,
            name=visit.name,
            told_to_leave=visit.told_to_leave,
            may_refresh=tokens is not None and tokens.refresh is not None,
        )


def _mismatch(query: Params, asked: PendingAnswer | None, issuer: str) -> str:
    """Return why this answer is not for us, or nothing: checked before anything is done with a code (RFC 9700 4.7)."""
    state = query.get("state")
    if asked is None or state is None or not hmac.compare_digest(state.encode(), asked.state.encode()):
        return "state"
    return "" if query.get("iss") == issuer else "iss"


def _told(visit: DemoVisit, answer: BackendAnswer) -> DemoVisit:
    return replace(visit, exchanges=(*visit.exchanges, answer.exchange)[-6:])


def _tokens(body: Mapping[str, Any], before: DemoTokens | None) -> DemoTokens | None:
    if "access_token" not in body:
        return before
    old = before or DemoTokens("")
    return DemoTokens(str(body["access_token"]), body.get("refresh_token", old.refresh), body.get("id_token", old.id))
