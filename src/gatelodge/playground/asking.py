"""Asking the server within a turn: what is sent to an endpoint, what is told of it, and what is taken."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from gatelodge.playground.line import Exchange, basic
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.runs import FlowRun, RunTokens
from gatelodge.playground.script import Turn
from gatelodge.playground.wording import without

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
REPLAY_NOTE = "The same request once more, as somebody would send it who copied it."


async def ask(
    turn: Turn,
    form: Mapping[str, str],
    guess: str = "",
    path: str = "/token",
    headers: Mapping[str, str] = NO_HEADERS,
) -> Exchange:
    """Send a form to an endpoint, as the client of this script. `guess` is what somebody takes for its secret.

    The real secret is not shown, unless everybody knows it.
    """
    sample, line, public = turn.hands.sample, turn.hands.line, turn.script.public
    client_id, url = sample.client_id(public=public), sample.issuer + path
    if public:
        return await line.post(url, {"client_id": client_id, **form}, headers, turn.script.secrets)
    header = basic(client_id, guess or sample.secret)
    exchange = await line.post(url, form, {**header, **headers}, turn.script.secrets)
    if guess or sample.is_open:
        return exchange
    proof = header["authorization"].removeprefix("Basic ")
    return replace(exchange, sent=without(exchange.sent, proof, "(playground and its secret)"))


def for_api(turn: Turn, grant: str, scope: str) -> Mapping[str, str]:
    """Return what is asked for without a browser; `resource` says which API it is for (RFC 8707)."""
    return {"grant_type": grant, "scope": scope, "resource": turn.hands.sample.api}


async def told(turn: Turn, exchange: Exchange, asked: FlowStep, got: FlowStep, note: str = "") -> FlowRun:
    """Return the run with a request and its answer told; `note` says why this request is there, if it is another."""
    refusal = await turn.hands.reasons.of_server(exchange, turn.expected)
    step = turn.step(asked)
    return turn.run.told(
        Message(replace(step, why=note) if note else step, exchange.sent),
        Message(turn.step(got), exchange.got, is_reply=True, refusal=refusal, label=reply_label(exchange)),
    )


async def given(turn: Turn, run: FlowRun, exchange: Exchange, nonce: str = "") -> FlowRun:
    """Return the run with the tokens that were given, if any were and the ID token among them is believed."""
    if not exchange.member("access_token"):
        return run
    client_id = turn.hands.sample.client_id(public=turn.script.public)
    refusal = await turn.hands.id_tokens.of_token_endpoint(run, client_id, exchange, nonce)
    if refusal is not None:
        return run.doubted(refusal)
    before = run.tokens or RunTokens("")
    refresh = exchange.member("refresh_token")
    kept = before.refresh if not refresh or refresh in before.refresh else (*before.refresh, refresh)
    id_token = exchange.member("id_token") or before.id
    return replace(run, tokens=RunTokens(exchange.member("access_token"), id_token, kept[-4:]))


def reply_label(exchange: Exchange) -> str:
    """Return what stands on the arrow of an answer: its status, and what it says if it is a refusal."""
    if not exchange.refused:
        return ""
    return f"{exchange.status} {exchange.member('error')}".rstrip()
