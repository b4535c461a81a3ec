"""What somebody makes of an answer on its way through the browser, where the person breaks it so."""

import json

from gatelodge.demo.pages.backend import claims_of
from gatelodge.keys.secrets import b64
from gatelodge.playground.wording import query_of
from gatelodge.protocol.params import Params

LABELS = {
    "id_token_forged": "the fragment, with a forged ID token",
    "token_swapped": "the fragment, with another token",
    "code_swapped": "the fragment, with another code",
}


def tampered(act: str, answer: Params) -> Params:
    """Return the answer as it arrives; as it came, unless the attempt changes it."""
    match act:
        case "id_token_forged":
            return _with(answer, "id_token", _about_somebody_else(answer.get("id_token") or ""))
        case "token_swapped":
            return _with(answer, "access_token", "a-token-of-somebody-else")
        case "code_swapped":
            return _with(answer, "code", "a-code-of-somebody-else")
        case _:
            return answer


def _with(answer: Params, changed: str, other: str) -> Params:
    return Params.of((name, other if name == changed else value) for name, value in query_of(answer))


def _about_somebody_else(token: str) -> str:
    """Return an ID token with another person in it and the signature it had: nobody but the server can make one."""
    said = json.dumps({**claims_of(token), "sub": "somebody-else"}).encode()
    return f"{token.partition('.')[0]}.{b64(said)}.{token.rpartition('.')[2]}"
