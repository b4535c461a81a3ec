"""Implicit: tokens in the address, what OAuth 2.1 removed (RFC 6749 4.2)."""

from dataclasses import replace

from gatelodge.playground.scenes import calling, exchange, fragment, front
from gatelodge.playground.script import Facts, Script

_ASK = replace(
    front.ASK,
    why="The application asks for the tokens themselves in the answer: no code, so no verifier and no proof of the "
    "client.",
)
_ANSWER = replace(
    front.ANSWER,
    label="back, with tokens in the address",
    why="The tokens stand in the fragment of the address: in your history, and in reach of every script on the page. "
    "at_hash in the ID token ties it to the access token.",
)

IMPLICIT = Script(
    key="implicit",
    grant="implicit",
    name="Implicit",
    lead="What single-page applications did before browsers let them call the token endpoint. Tokens travel in the "
    "address. OAuth 2.1 removed it.",
    facts=Facts(
        person="yes",
        secret="no",
        refresh="never",
        when="Nowhere new: move to code with PKCE",
        section="RFC 6749 4.2",
        standing="removed",
    ),
    steps=(front.START, front.SEND, _ASK, front.SIGN_IN, _ANSWER, fragment.BACK, *calling.STEPS),
    begin=front.AUTHORIZE,
    with_tokens=(calling.CALL, calling.USERINFO),
    after=(calling.CALL,),
    breaks=(
        *front.FOREIGN_ANSWERS,
        fragment.ID_TOKEN_FORGED,
        fragment.TOKEN_SWAPPED,
        *front.CHANGED_REQUESTS,
        *calling.BREAKS,
    ),
    code=exchange.PUBLIC_CLIENT,
    scope="openid profile orders:read",
    response_type="id_token token",
    legacy="implicit",
)
