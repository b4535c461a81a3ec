"""The sample application at work: every act of a run, really done over HTTP, with every message kept."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from gatelodge.clock import Clock
from gatelodge.playground import steps
from gatelodge.playground.breaks import BY_ACT
from gatelodge.playground.flows import FLOWS, Flow
from gatelodge.playground.identity import IdTokens
from gatelodge.playground.line import Exchange, Line, basic, bearer
from gatelodge.playground.messages import Message, Step
from gatelodge.playground.refusals import Reasons, of_api
from gatelodge.playground.runs import Run, Tokens
from gatelodge.playground.sample import Sample
from gatelodge.playground.wording import redirect_text, request_text, without
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule

WIDER = "orders:write"
GRACE = 1  # seconds after which a code has certainly expired


@dataclass(frozen=True, slots=True)
class Move:
    """What an act comes to: the run as it is now, and where the browser is sent, if it is sent anywhere."""

    run: Run
    to: str = ""


Act = Callable[[Run, Flow, Params], Awaitable[Move]]


class Player:
    """Plays the application's part. Every act takes a run and returns what it comes to."""

    def __init__(self, sample: Sample, line: Line, id_tokens: IdTokens, reasons: Reasons, clock: Clock) -> None:
        self._sample = sample
        self._line = line
        self._id_tokens = id_tokens
        self._reasons = reasons
        self._clock = clock
        self._acts: Mapping[str, Act] = {
            "authorize": self._authorize,
            "scope_wider": self._ask_for_more,
            "redirect_changed": self._ask_from_elsewhere,
            **dict.fromkeys(("id_token_forged", "token_swapped", "code_swapped"), self._authorize),
            "state_missing": self._bring_foreign_answer,
            "state_changed": self._bring_foreign_answer,
            "exchange": self._exchange,
            "verifier_wrong": self._exchange,
            "secret_wrong": self._exchange,
            "redirect_other": self._exchange,
            "code_expired": self._wait_for_expiry,
            "code_replayed": self._replay_code,
            "machine": self._machine,
            "secret_wrong_machine": self._machine,
            "password": self._password,
            "refresh": self._refresh,
            "refresh_wider": self._refresh,
            "refresh_replayed": self._replay_refresh,
            "call": self._call,
            "order": self._call,
            "token_changed": self._call,
            "userinfo": self._userinfo,
        }

    async def act(self, run: Run, act: str, form: Params) -> Move | None:
        """Do what a button says; `None` if it means nothing now."""
        play = self._acts.get(act)
        if play is None:
            return None
        flow = FLOWS[run.flow]
        return await play(replace(run, broken=act if act in BY_ACT else "", refusal=None, until=0), flow, form)

    # The browser is sent to the server

    async def _authorize(self, run: Run, flow: Flow, form: Params) -> Move:
        return self._send_browser(run, flow, flow.scope)

    async def _ask_for_more(self, run: Run, flow: Flow, form: Params) -> Move:
        if not flow.response_type:
            return await self._machine(run, flow, form)
        return self._send_browser(run, flow, f"{flow.scope} {WIDER}")

    def _send_browser(self, run: Run, flow: Flow, scope: str) -> Move:
        url = self._authorization_url(run, flow, scope, self._sample.callback)
        sent = (
            Message(flow.step("start")),
            Message(flow.step("send"), redirect_text(url), is_reply=True),
            Message(flow.step("ask"), request_text("GET", url, {}, None)),
        )
        return Move(replace(run.told(*sent), sent_to=url), url)

    async def _ask_from_elsewhere(self, run: Run, flow: Flow, form: Params) -> Move:
        """Ask as a browser would that was given another redirect URI, and look at what it would be shown."""
        url = self._authorization_url(run, flow, flow.scope, self._sample.callback + "/")
        exchange = await self._line.get(url)
        refusal = await self._reasons.of_server(exchange, BY_ACT[run.broken].rule)
        page = Step("answer", "server", "browser", "an error page, and no redirect")
        told = run.told(
            Message(flow.step("start")),
            Message(flow.step("ask"), exchange.sent, label="GET /authorize, changed"),
            Message(page, exchange.got, is_reply=True, refusal=refusal),
        )
        return Move(replace(told, over=True))

    async def _bring_foreign_answer(self, run: Run, flow: Flow, form: Params) -> Move:
        """Send the browser to the callback as a link in a mail would: with an answer nobody here asked for."""
        answer = {"code": "a-code-of-somebody-else", "iss": self._sample.issuer}
        if run.broken == "state_changed":
            answer["state"] = "a-state-of-another-browser"
        link = Step("start", "person", "browser", "a link in a mail, clicked", BY_ACT[run.broken].story)
        mark = "#" if flow.in_fragment else "?"
        url = f"{self._sample.callback}{mark}{urlencode(answer)}"
        return Move(replace(run.told(Message(link)), sent_to=url), url)

    def _authorization_url(self, run: Run, flow: Flow, scope: str, callback: str) -> str:
        asked = {
            "client_id": self._sample.client_id(public=flow.public),
            "response_type": flow.response_type,
            "redirect_uri": callback,
            "scope": scope,
            "resource": self._sample.api,
            "state": run.state,
            "nonce": run.nonce,
        }
        if flow.has_code:
            asked |= {"code_challenge": run.challenge, "code_challenge_method": "S256"}
        return f"{self._sample.issuer}/authorize?{urlencode(asked, quote_via=quote)}"

    # The code is exchanged

    async def _exchange(self, run: Run, flow: Flow, form: Params) -> Move:
        if not run.code:
            return Move(run)
        exchange = await self._token(run, flow, self._code_form(run, run.code))
        told = await self._told(run, flow, exchange, "token", "tokens")
        if exchange.refused and run.broken == "secret_wrong":
            return Move(told)  # the code was not even looked at
        spent = replace(told, code="", used=run.code)
        if exchange.refused:
            return Move(replace(spent, over=True))
        return Move(await self._given(spent, flow, exchange, run.nonce))

    async def _wait_for_expiry(self, run: Run, flow: Flow, form: Params) -> Move:
        expired = run.code_at + self._sample.code_lifetime + GRACE
        if run.code and self._clock.now() < expired:
            return Move(replace(run, until=expired))
        return await self._exchange(run, flow, form)

    async def _replay_code(self, run: Run, flow: Flow, form: Params) -> Move:
        exchange = await self._token(run, flow, self._code_form(run, run.used))
        told = await self._told(run, flow, exchange, "token", "tokens", steps.REPLAY_NOTE)
        return Move(replace(told, ended=exchange.refused))

    def _code_form(self, run: Run, code: str) -> Mapping[str, str]:
        verifier = run.verifier if run.broken != "verifier_wrong" else run.verifier[::-1]
        callback = self._sample.callback + ("/other" if run.broken == "redirect_other" else "")
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": verifier,
        }

    # No browser

    async def _machine(self, run: Run, flow: Flow, form: Params) -> Move:
        scope = WIDER if run.broken == "scope_wider" else flow.scope
        exchange = await self._token(run, flow, self._asking("client_credentials", scope))
        told = await self._told(run, flow, exchange, "token", "tokens")
        return Move(replace(told, over=True) if exchange.refused else await self._given(told, flow, exchange))

    async def _password(self, run: Run, flow: Flow, form: Params) -> Move:
        typed = {"username": form.get("username") or "", "password": form.get("password") or ""}
        exchange = await self._token(run, flow, {**self._asking("password", flow.scope), **typed})
        exchange = replace(exchange, sent=without(exchange.sent, typed["password"], "(your password)"))
        told = await self._told(run.told(Message(flow.step("start"))), flow, exchange, "token", "tokens")
        return Move(replace(told, over=True) if exchange.refused else await self._given(told, flow, exchange))

    def _asking(self, grant: str, scope: str) -> Mapping[str, str]:
        """Return what is asked for without a browser; `resource` says which API it is for (RFC 8707)."""
        return {"grant_type": grant, "scope": scope, "resource": self._sample.api}

    # With tokens

    async def _refresh(self, run: Run, flow: Flow, form: Params) -> Move:
        if run.tokens is None or not run.tokens.refresh:
            return Move(run)
        asked = {"grant_type": "refresh_token", "refresh_token": run.tokens.refresh[-1]}
        if run.broken == "refresh_wider":
            asked["scope"] = f"{flow.scope} {WIDER}"
        exchange = await self._token(run, flow, asked)
        told = await self._told(run, flow, exchange, "refresh", "refreshed")
        return Move(await self._given(told, flow, exchange))

    async def _replay_refresh(self, run: Run, flow: Flow, form: Params) -> Move:
        """Refresh until the first token is two generations old: the one before may come again if an answer was lost."""
        while run.refusal is None and run.tokens is not None and len(run.tokens.refresh) < 3:
            run = (await self._refresh(run, flow, form)).run
        if run.refusal is not None or run.tokens is None:
            return Move(run)
        asked = {"grant_type": "refresh_token", "refresh_token": run.tokens.refresh[0]}
        exchange = await self._token(run, flow, asked)
        told = await self._told(run, flow, exchange, "refresh", "refreshed", steps.REPLAY_NOTE)
        return Move(replace(told, ended=exchange.refused))

    async def _call(self, run: Run, flow: Flow, form: Params) -> Move:
        if run.tokens is None:
            return Move(run)
        token, ordered = run.tokens.access, run.broken == "order"
        if run.broken == "token_changed":
            token = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
        if ordered:
            exchange = await self._line.post(self._sample.orders, {"item": "a teapot"}, bearer(token))
        else:
            exchange = await self._line.get(self._sample.orders, token)
        refusal = of_api(exchange, _expected(run))
        said = _reply_label("orders", exchange)
        return Move(
            run.told(
                Message(flow.step("call"), exchange.sent, label="POST /orders with the token" if ordered else ""),
                Message(flow.step("orders"), exchange.got, is_reply=True, refusal=refusal, label=said),
            )
        )

    async def _userinfo(self, run: Run, flow: Flow, form: Params) -> Move:
        if run.tokens is None:
            return Move(run)
        exchange = await self._line.get(self._sample.issuer + "/userinfo", run.tokens.access)
        return Move(await self._told(run, flow, exchange, "userinfo", "claims"))

    # What is common

    async def _token(self, run: Run, flow: Flow, form: Mapping[str, str]) -> Exchange:
        client_id, url = self._sample.client_id(public=flow.public), self._sample.issuer + "/token"
        if flow.public:
            return await self._line.post(url, {"client_id": client_id, **form}, {})
        wrong = run.broken in ("secret_wrong", "secret_wrong_machine")
        header = basic(client_id, "a-guess" if wrong else self._sample.secret)
        exchange = await self._line.post(url, form, header)
        if wrong or self._sample.is_open:
            return exchange
        proof = header["authorization"].removeprefix("Basic ")
        return replace(exchange, sent=without(exchange.sent, proof, "(playground and its secret)"))

    async def _told(self, run: Run, flow: Flow, exchange: Exchange, sent: str, got: str, note: str = "") -> Run:
        refusal = await self._reasons.of_server(exchange, _expected(run))
        asked = replace(flow.step(sent), why=note) if note else flow.step(sent)
        return run.told(
            Message(asked, exchange.sent),
            Message(flow.step(got), exchange.got, is_reply=True, refusal=refusal, label=_reply_label(got, exchange)),
        )

    async def _given(self, run: Run, flow: Flow, exchange: Exchange, nonce: str = "") -> Run:
        """Return the run with the tokens that were given, if any were and the ID token among them is believed."""
        if not exchange.member("access_token"):
            return run
        refusal = await self._id_tokens.of_token_endpoint(run, flow, exchange, nonce)
        if refusal is not None:
            return run.doubted(refusal)
        before = run.tokens or Tokens("")
        refresh = exchange.member("refresh_token")
        kept = before.refresh if not refresh or refresh in before.refresh else (*before.refresh, refresh)
        id_token = exchange.member("id_token") or before.id
        return replace(run, tokens=Tokens(exchange.member("access_token"), id_token, kept[-4:]))


def _expected(run: Run) -> Rule | None:
    return BY_ACT[run.broken].rule if run.broken else None


def _reply_label(key: str, exchange: Exchange) -> str:
    """What stands on the arrow of an answer: its status, and what it says if it is a refusal."""
    if not exchange.refused:
        return ""
    return f"{exchange.status} {exchange.member('error')}".rstrip()
