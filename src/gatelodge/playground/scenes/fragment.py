"""The answer stands in the fragment of the address, where a script reads it and where it can be changed on its way."""

import json
from dataclasses import replace

from gatelodge.demo.pages.backend import claims_of
from gatelodge.keys.secrets import b64
from gatelodge.playground.checks import AT_HASH, C_HASH, SIGNATURE
from gatelodge.playground.scenes import front
from gatelodge.playground.script import Break, Tampering
from gatelodge.playground.wording import query_of
from gatelodge.protocol.params import Params

BACK = replace(
    front.BACK,
    label="the fragment, read by a script",
    why="A fragment is not sent to a server, so a script on the page has to read it. The application checks state and "
    "iss, then the ID token: its signature with the server's published key, issuer, audience, end, nonce, and the "
    "digest of what came beside it.",
)


def _forge_id_token(answer: Params) -> Params:
    return _with(answer, "id_token", _about_somebody_else(answer.get("id_token") or ""))


def _swap_token(answer: Params) -> Params:
    return _with(answer, "access_token", "a-token-of-somebody-else")


def _swap_code(answer: Params) -> Params:
    return _with(answer, "code", "a-code-of-somebody-else")


def _with(answer: Params, changed: str, other: str) -> Params:
    return Params.of((name, other if name == changed else value) for name, value in query_of(answer))


def _about_somebody_else(token: str) -> str:
    """Return an ID token with another person in it and the signature it had: nobody but the server can make one."""
    said = json.dumps({**claims_of(token), "sub": "somebody-else"}).encode()
    return f"{token.partition('.')[0]}.{b64(said)}.{token.rpartition('.')[2]}"


ID_TOKEN_FORGED = Break(
    "id_token_forged",
    "A forged ID token",
    "Somebody writes another person into the ID token on its way through the browser. To sign it anew takes a key "
    "that only the server has.",
    SIGNATURE,
    "before",
    front.AUTHORIZE.play,
    tampering=Tampering("the fragment, with a forged ID token", _forge_id_token),
)
TOKEN_SWAPPED = Break(
    "token_swapped",
    "Another access token beside the ID token",
    "Somebody leaves the ID token alone and puts an access token of their own beside it: your name, their account.",
    AT_HASH,
    "before",
    front.AUTHORIZE.play,
    tampering=Tampering("the fragment, with another token", _swap_token),
)
CODE_SWAPPED = Break(
    "code_swapped",
    "Another code beside the ID token",
    "Somebody leaves the ID token alone and puts a code of their own beside it: your name, their account.",
    C_HASH,
    "before",
    front.AUTHORIZE.play,
    tampering=Tampering("the fragment, with another code", _swap_code),
)
