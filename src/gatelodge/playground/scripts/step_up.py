"""Step-up: the API wants a stronger sign-in than the one its token tells of (RFC 9470)."""

from dataclasses import replace

from gatelodge.playground.scenes import exchange, front, stepping_up
from gatelodge.playground.script import Facts, Script

STEP_UP = Script(
    key="step_up",
    grant="authorization_code",
    name="A stronger sign-in",
    lead="Most of what an application does needs no more than a password. What needs more says so, and only then are "
    "you asked for a second factor.",
    facts=Facts(
        person="yes",
        secret="any",
        refresh="any",
        when="APIs of which some part needs a second factor",
        section="RFC 9470",
        standing="recommended",
    ),
    steps=(*front.STEPS, *exchange.STEPS, *stepping_up.STEPS),
    begin=replace(
        front.AUTHORIZE,
        hint="Sign in as alice, who has one factor. bob shows two at every sign-in, so the first token is enough.",
    ),
    with_code=exchange.EXCHANGE,
    with_tokens=(stepping_up.CARD, stepping_up.STEP_UP, stepping_up.CARD_AGAIN),
    after=(stepping_up.CARD, stepping_up.STEP_UP, stepping_up.CARD_AGAIN),
    breaks=(*front.FOREIGN_ANSWERS, stepping_up.OLD_TOKEN),
    code=exchange.WEB_APPLICATION,
    scope="openid profile orders:read",
    response_type="code",
)
