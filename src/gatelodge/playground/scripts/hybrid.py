"""Hybrid: a code and, ahead of it, an ID token in the address (OIDC Core 3.3)."""

from dataclasses import replace

from gatelodge.playground.scenes import calling, exchange, fragment, front, refreshing
from gatelodge.playground.script import Facts, Script

_ASK = replace(front.ASK, why="The application asks for a code and, ahead of it, for an ID token in the answer.")
_ANSWER = replace(
    front.ANSWER,
    label="back, with a code and an ID token",
    why="The code and an ID token in the fragment. c_hash in the ID token ties the two together.",
)

HYBRID = Script(
    key="hybrid",
    grant="authorization_code",
    name="Hybrid",
    lead="A code and, ahead of it, an ID token in the address. It was made for applications that wanted to greet "
    "people before the exchange. Code with PKCE is simpler and gives less away.",
    facts=Facts(
        person="yes",
        secret="yes",
        refresh="yes",
        when="Applications that still ask for it",
        section="OIDC Core 3.3",
        standing="removed",
    ),
    steps=(front.START, front.SEND, _ASK, front.SIGN_IN, _ANSWER, fragment.BACK, *exchange.STEPS, *calling.STEPS),
    begin=front.AUTHORIZE,
    with_code=exchange.EXCHANGE,
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(calling.CALL, refreshing.REFRESH),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(
        *front.FOREIGN_ANSWERS,
        fragment.ID_TOKEN_FORGED,
        fragment.CODE_SWAPPED,
        *front.CHANGED_REQUESTS,
        *exchange.BREAKS,
        *refreshing.BREAKS,
        *calling.BREAKS,
    ),
    code=exchange.WEB_APPLICATION,
    response_type="code id_token",
    legacy="hybrid",
)
