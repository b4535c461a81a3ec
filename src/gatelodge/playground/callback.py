"""The answer that a browser brings: judged before anything in it is used (RFC 9700 4.7, RFC 9207, OIDC Core 3)."""

import hmac
from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.clock import Clock
from gatelodge.playground.breaks import BY_ACT
from gatelodge.playground.checks import ISS, STATE, WHOLE
from gatelodge.playground.flows import FLOWS, Flow
from gatelodge.playground.identity import IdTokens, refusal_of
from gatelodge.playground.messages import Message, Refusal
from gatelodge.playground.refusals import Reasons
from gatelodge.playground.runs import Run, Tokens
from gatelodge.playground.sample import Sample
from gatelodge.playground.tampering import LABELS, tampered
from gatelodge.playground.wording import query_of, redirect_text, request_text
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule


class Receiver:
    """Takes answers for the sample application."""

    def __init__(self, sample: Sample, id_tokens: IdTokens, reasons: Reasons, clock: Clock) -> None:
        self._sample = sample
        self._id_tokens = id_tokens
        self._reasons = reasons
        self._clock = clock

    async def receive(self, run: Run, sent: Params) -> Run:
        """Return the run with this answer told, and with the code or the tokens in it if they are to be had."""
        flow = FLOWS[run.flow]
        asked = bool(run.sent_to)
        run, answer = replace(run, sent_to=""), tampered(run.broken, sent)
        broken = _distrust(run, answer, self._sample.issuer, asked=asked)
        if broken is not None:
            return run.told(self._back(flow, answer)).doubted(refusal_of(broken))
        error = answer.get("error")
        if error is not None:
            return replace(await self._refused(run, flow, answer, error), over=True)
        refusal = await self._doubt(run, flow, answer)
        run = run.told(*self._came(flow, sent), self._back(flow, answer, LABELS.get(run.broken, "")))
        return self._taken(run, flow, answer) if refusal is None else run.doubted(refusal)

    async def _doubt(self, run: Run, flow: Flow, answer: Params) -> Refusal | None:
        """Return why nothing is taken from an answer that is ours and says yes, `None` if it can be believed."""
        if any(answer.get(name) is None for name in flow.members):
            return refusal_of(WHOLE)
        return await self._id_tokens.of_browser(run, flow, answer)

    async def _refused(self, run: Run, flow: Flow, answer: Params, error: str) -> Run:
        """Tell of an answer that is ours and says no."""
        client_id = self._sample.client_id(public=flow.public)
        expected = BY_ACT[run.broken].rule if run.broken and run.broken not in LABELS else None
        refusal = await self._reasons.of_answer(client_id, error, answer.get("error_description") or "", expected)
        signing_in, sent = self._came(flow, answer)
        was_asked = (signing_in,) if error == "access_denied" else ()  # else the person was asked nothing
        return run.told(*was_asked, replace(sent, refusal=refusal, label=f"error {error}"), self._back(flow, answer))

    def _taken(self, run: Run, flow: Flow, answer: Params) -> Run:
        """Take what was asked for: beside it stands whatever somebody on the way put there, which nobody judged."""
        taken = {name: answer.get(name) or "" for name in flow.members}
        id_token = taken.get("id_token", "")
        if "access_token" in taken:
            return replace(run, tokens=Tokens(taken["access_token"], id_token))
        return replace(run, code=taken["code"], code_at=self._clock.now(), early=id_token)

    def _came(self, flow: Flow, answer: Params) -> tuple[Message, Message]:
        """Return the messages by which the server's answer reached the browser."""
        answered = Message(flow.step("answer"), redirect_text(self._url(flow, answer)), is_reply=True)
        return Message(flow.step("sign_in")), answered

    def _back(self, flow: Flow, answer: Params, label: str = "") -> Message:
        """Return the message by which an answer reached the application: all there is of one nobody asked for."""
        url = self._url(flow, answer)
        text = redirect_text(url) if flow.in_fragment else request_text("GET", url, {}, None)
        return Message(flow.step("back"), text, label=label)

    def _url(self, flow: Flow, answer: Params) -> str:
        mark = "#" if flow.in_fragment else "?"
        return f"{self._sample.callback}{mark}{urlencode(list(query_of(answer)), quote_via=quote)}"


def _distrust(run: Run, answer: Params, issuer: str, *, asked: bool) -> Rule | None:
    """Return what of this answer does not fit, `None` if it is the one that was asked for."""
    state = answer.get("state")
    if not asked or state is None or not hmac.compare_digest(state.encode(), run.state.encode()):
        return STATE
    return None if answer.get("iss") == issuer else ISS
