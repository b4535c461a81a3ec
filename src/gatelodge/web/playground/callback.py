"""The answer that a browser brings: judged before anything in it is used (RFC 9700 4.7, RFC 9207)."""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.clock import Clock
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule
from gatelodge.web.demo.backend import claims_of
from gatelodge.web.playground.breaks import BY_ACT, ISS, NONCE, STATE
from gatelodge.web.playground.flows import FLOWS, Flow
from gatelodge.web.playground.messages import Message, Refusal
from gatelodge.web.playground.refusals import Reasons
from gatelodge.web.playground.runs import Run, Tokens
from gatelodge.web.playground.sample import Sample
from gatelodge.web.playground.wording import query_of, redirect_text, request_text

_WHY = {
    STATE.id: "The application remembers which state it gave to which browser. This answer was not asked for here, so "
    "nothing in it is used: not the code, not even an error.",
    ISS.id: "iss names another server than the one that was asked, or none.",
    NONCE.id: "The ID token was made for another request.",
}


class Receiver:
    """Takes answers for the sample application."""

    def __init__(self, sample: Sample, reasons: Reasons, clock: Clock) -> None:
        self._sample = sample
        self._reasons = reasons
        self._clock = clock

    async def receive(self, run: Run, answer: Params) -> Run:
        """Return the run with this answer told, and with the code or the tokens in it if they are to be had."""
        flow = FLOWS[run.flow]
        asked = bool(run.sent_to)
        run = replace(run, sent_to="")
        broken = _distrust(run, answer, self._sample.issuer, asked=asked)
        if broken is not None:
            refusal = Refusal("client", "nothing is taken from this answer", broken, _WHY[broken.id])
            return replace(_told(run, flow, self._came(flow, answer, foreign=True), None, refusal), over=True)
        error = answer.get("error")
        if error is not None:
            return replace(await self._refused(run, flow, answer, error), over=True)
        return self._taken(_told(run, flow, self._came(flow, answer), None, None), answer)

    async def _refused(self, run: Run, flow: Flow, answer: Params, error: str) -> Run:
        """Tell of an answer that is ours and says no."""
        client_id = self._sample.client_id(public=flow.public)
        expected = BY_ACT[run.broken].rule if run.broken else None
        refusal = await self._reasons.of_answer(client_id, error, answer.get("error_description") or "", expected)
        return _told(run, flow, self._came(flow, answer), refusal, None)

    def _taken(self, run: Run, answer: Params) -> Run:
        code, access, id_token = (answer.get(name) or "" for name in ("code", "access_token", "id_token"))
        tokens = Tokens(access, id_token) if access else None
        return replace(run, code=code, code_at=self._clock.now(), tokens=tokens)

    def _came(self, flow: Flow, answer: Params, *, foreign: bool = False) -> Sequence[Message]:
        """Return the messages by which the answer came; one that nobody asked for came from no server of ours."""
        mark = "#" if flow.in_fragment else "?"
        url = f"{self._sample.callback}{mark}{urlencode(list(query_of(answer)), quote_via=quote)}"
        back = Message(
            flow.step("back"), redirect_text(url) if flow.in_fragment else request_text("GET", url, {}, None)
        )
        if foreign:
            return (back,)
        return (Message(flow.step("sign_in")), Message(flow.step("answer"), redirect_text(url), is_reply=True), back)


def _told(run: Run, flow: Flow, came: Sequence[Message], of_server: Refusal | None, of_client: Refusal | None) -> Run:
    """Return the run with the answer told, and who refused what in it."""
    messages = list(came)
    if of_server is not None:  # the person was asked nothing, or said no
        label = of_server.said.partition(":")[0]
        messages = [replace(m, refusal=of_server, label=f"back, with {label}") if m.is_reply else m for m in messages]
        messages = [m for m in messages if m.step.key != "sign_in" or label == "access_denied"]
    if of_client is not None:
        messages[-1] = replace(messages[-1], refusal=of_client)
    return run.told(*messages)


def _distrust(run: Run, answer: Params, issuer: str, *, asked: bool) -> Rule | None:
    """Return what of this answer does not fit, `None` if it is the one that was asked for."""
    state = answer.get("state")
    if not asked or state is None or not hmac.compare_digest(state.encode(), run.state.encode()):
        return STATE
    if answer.get("iss") != issuer:
        return ISS
    id_token = answer.get("id_token")
    return NONCE if id_token is not None and claims_of(id_token).get("nonce") != run.nonce else None
