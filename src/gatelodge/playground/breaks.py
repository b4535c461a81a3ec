"""Break it: every attempt the playground offers, when it can be made, and the rule that stands in its way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gatelodge.playground.checks import AT_HASH, C_HASH, SIGNATURE, STATE
from gatelodge.playground.flows import Flow
from gatelodge.playground.runs import Run
from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule

Stage = Literal["before", "code", "tokens"]


@dataclass(frozen=True, slots=True)
class Break:
    """One attempt: the `act` it is, its `label`, who would do this and why, and the `rule` that is expected to hold."""

    act: str
    label: str
    story: str
    rule: Rule
    stage: Stage


BREAKS = (
    Break(
        "state_missing",
        "An answer without state",
        "Somebody sends you a link with a code of his own, so that you work in his account without noticing. The "
        "application did not ask, so it takes nothing.",
        STATE,
        "before",
    ),
    Break(
        "state_changed",
        "An answer with another state",
        "The same link with a state that was made for another browser. It is compared with the one this browser was "
        "given.",
        STATE,
        "before",
    ),
    Break(
        "id_token_forged",
        "A forged ID token",
        "Somebody writes another person into the ID token on its way through the browser. To sign it anew takes a key "
        "that only the server has.",
        SIGNATURE,
        "before",
    ),
    Break(
        "token_swapped",
        "Another access token beside the ID token",
        "Somebody leaves the ID token alone and puts an access token of his own beside it: your name, his account.",
        AT_HASH,
        "before",
    ),
    Break(
        "code_swapped",
        "Another code beside the ID token",
        "Somebody leaves the ID token alone and puts a code of his own beside it: your name, his account.",
        C_HASH,
        "before",
    ),
    Break(
        "redirect_changed",
        "A changed redirect URI",
        "Somebody changes where the answer goes, by a few characters. It is compared byte for byte, and nothing is "
        "redirected: not even the mistake.",
        rules.REDIRECT_EXACT,
        "before",
    ),
    Break(
        "scope_wider",
        "A wider scope",
        "The application asks for more than it is registered for: to place orders, when it may only read them.",
        rules.SCOPE_ALLOWED,
        "before",
    ),
    Break(
        "secret_wrong_machine",
        "A wrong client secret",
        "Somebody who knows the name of the application, and not its secret.",
        rules.CLIENT_PROVEN,
        "before",
    ),
    Break(
        "verifier_wrong",
        "A wrong verifier",
        "Somebody caught the code, and never had the verifier. A digest cannot be turned around. The code is spent by "
        "the attempt.",
        rules.PKCE_VERIFIER,
        "code",
    ),
    Break(
        "secret_wrong",
        "A wrong client secret",
        "Somebody caught the code, and does not have the secret. The code stays good: strangers must not be able to "
        "spend it.",
        rules.CLIENT_PROVEN,
        "code",
    ),
    Break(
        "redirect_other",
        "Another redirect URI in the exchange",
        "The code was caught at another address than the one it was made for.",
        rules.CODE_REDIRECT,
        "code",
    ),
    Break(
        "code_expired",
        "An expired code",
        "Somebody finds the code later, in a log or a history. This takes as long as a code lives.",
        rules.CODE_VALID,
        "code",
    ),
    Break(
        "code_replayed",
        "The same code again",
        "Two parties have the code: one of them stole it. The server cannot know which, so it ends everything that "
        "came of it.",
        rules.CODE_ONCE,
        "tokens",
    ),
    Break(
        "refresh_replayed",
        "An old refresh token again",
        "The application refreshes twice, then somebody with a copy of the first refresh token comes. The whole family "
        "ends, for the thief and for the application.",
        rules.REFRESH_ONCE,
        "tokens",
    ),
    Break(
        "refresh_wider",
        "A refresh with a wider scope",
        "The application tries to get more out of a refresh than the person allowed.",
        rules.SCOPE_GRANTED,
        "tokens",
    ),
    Break(
        "order",
        "Place an order with a token that only reads",
        "The token is good, and it is not for this. The API says which scope is missing.",
        rules.TOKEN_SCOPE,
        "tokens",
    ),
    Break(
        "token_changed",
        "A changed access token",
        "Somebody changes one character of the token. The signature does not fit any more.",
        rules.JWT_SIGNATURE,
        "tokens",
    ),
)
BY_ACT = {one.act: one for one in BREAKS}
_FRONT = {"state_missing", "state_changed", "redirect_changed"}
_REFRESHING = {"refresh_replayed", "refresh_wider"}


def offered(flow: Flow, run: Run) -> Iterable[Break]:
    """Return the attempts that can be made now."""
    stage = _stage(run)
    return [one for one in BREAKS if one.stage == stage and _fits(one.act, flow, run)]


def _stage(run: Run) -> Stage | None:
    if run.over or run.ended:
        return None
    if run.tokens is not None:
        return "tokens"
    if run.code:
        return "code"
    return None if run.begun else "before"


def _fits(act: str, flow: Flow, run: Run) -> bool:
    """Whether an attempt means anything in this flow and with what the run has."""
    if act in _FRONT:
        return bool(flow.response_type)
    if act in _REFRESHING:
        return run.tokens is not None and bool(run.tokens.refresh)
    match act:
        case "id_token_forged":
            return "id_token" in flow.response_type.split()
        case "token_swapped":
            return flow.response_type == "id_token token"
        case "code_swapped":
            return flow.response_type == "code id_token"
        case "scope_wider":
            return not flow.legacy or bool(flow.response_type)
        case "secret_wrong":
            return not flow.public
        case "secret_wrong_machine":
            return flow.key == "machine"
        case "code_replayed":
            return bool(run.used)
        case _:
            return True
