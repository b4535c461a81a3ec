"""The answer that a browser brings: judged before anything in it is used (RFC 9700 4.7, RFC 9207, OIDC Core 3)."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from gatelodge.playground.checks import ISS, STATE, WHOLE
from gatelodge.playground.hands import PlayingHands
from gatelodge.playground.identity import refusal_of
from gatelodge.playground.messages import Message, Refusal
from gatelodge.playground.runs import FlowRun, RunTokens
from gatelodge.playground.scenes.front import ANSWER, BACK, SIGN_IN
from gatelodge.playground.script import Script
from gatelodge.playground.wording import query_of, redirect_text, request_text
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule


class Receiver:
    """Takes answers for the sample application."""

    def __init__(self, hands: PlayingHands, scripts: Mapping[str, Script]) -> None:
        self._hands = hands
        self._scripts = scripts

    async def receive(self, run: FlowRun, sent: Params) -> FlowRun:
        """Return the run with this answer told, and with the code or the tokens in it if they are to be had."""
        script = self._scripts[run.flow]
        attempt = script.attempt(run.broken)
        tampering = attempt.tampering if attempt else None
        asked, answer = bool(run.sent_to), tampering.change(sent) if tampering else sent
        run = replace(run, sent_to="")
        broken = _distrust(run, answer, self._hands.sample.issuer, asked=asked)
        if broken is not None:
            return run.told(self._back(run, script, answer)).doubted(refusal_of(broken))
        error = answer.get("error")
        if error is not None:
            expected = attempt.rule if attempt and not tampering else None
            return replace(await self._refused(run, script, answer, error, expected), over=True)
        refusal = await self._doubt(run, script, answer)
        label = tampering.label if tampering else ""
        run = run.told(*self._came(run, script, sent), self._back(run, script, answer, label))
        return self._taken(run, script, answer) if refusal is None else run.doubted(refusal)

    async def _doubt(self, run: FlowRun, script: Script, answer: Params) -> Refusal | None:
        """Return why nothing is taken from an answer that is ours and says yes, `None` if it can be believed."""
        if any(answer.get(name) is None for name in script.members):
            return refusal_of(WHOLE)
        if "id_token" not in script.members:
            return None
        return await self._hands.id_tokens.of_browser(run, self._client_id(script), answer)

    async def _refused(
        self, run: FlowRun, script: Script, answer: Params, error: str, expected: Rule | None
    ) -> FlowRun:
        """Tell of an answer that is ours and says no."""
        said = answer.get("error_description") or ""
        refusal = await self._hands.reasons.of_answer(self._client_id(script), error, said, expected)
        signing_in, sent = self._came(run, script, answer)
        was_asked = (signing_in,) if error == "access_denied" else ()  # else the person was asked nothing
        return run.told(
            *was_asked, replace(sent, refusal=refusal, label=f"error {error}"), self._back(run, script, answer)
        )

    def _taken(self, run: FlowRun, script: Script, answer: Params) -> FlowRun:
        """Take what was asked for: beside it stands whatever somebody on the way put there, which nobody judged."""
        taken = {name: answer.get(name) or "" for name in script.members}
        id_token = taken.get("id_token", "")
        if "access_token" in taken:
            return replace(run, tokens=RunTokens(taken["access_token"], id_token))
        return replace(run, code=taken["code"], code_at=self._hands.clock.now(), early=id_token or run.early)

    def _came(self, run: FlowRun, script: Script, answer: Params) -> tuple[Message, Message]:
        """Return the messages by which the server's answer reached the browser."""
        answered = Message(script.step(ANSWER, run), redirect_text(self._url(script, answer)), is_reply=True)
        return Message(script.step(SIGN_IN, run)), answered

    def _back(self, run: FlowRun, script: Script, answer: Params, label: str = "") -> Message:
        """Return the message by which an answer reached the application: all there is of one nobody asked for."""
        url = self._url(script, answer)
        text = redirect_text(url) if script.in_fragment else request_text("GET", url, {}, None)
        return Message(script.step(BACK, run), text, label=label)

    def _client_id(self, script: Script) -> str:
        return self._hands.sample.client_id(public=script.public)

    def _url(self, script: Script, answer: Params) -> str:
        mark = "#" if script.in_fragment else "?"
        return f"{self._hands.sample.callback}{mark}{urlencode(list(query_of(answer)), quote_via=quote)}"


def _distrust(run: FlowRun, answer: Params, issuer: str, *, asked: bool) -> Rule | None:
    """Return what of this answer does not fit, `None` if it is the one that was asked for."""
    state = answer.get("state")
    if not asked or state is None or not hmac.compare_digest(state.encode(), run.state.encode()):
        return STATE
    return None if answer.get("iss") == issuer else ISS
