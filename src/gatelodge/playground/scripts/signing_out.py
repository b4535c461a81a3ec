"""Signing out: the session ends at the server, and the application hears of it (Back-Channel Logout 1.0)."""

from gatelodge.playground.scenes import exchange, front, leaving
from gatelodge.playground.script import Facts, Script

SIGNING_OUT = Script(
    key="logout",
    grant="authorization_code",
    name="Signing out everywhere",
    lead="What begins with a sign-in ends here: you sign out once, and the server tells every application that "
    "signed you in.",
    facts=Facts(
        person="yes",
        secret="any",
        refresh="ends too, without offline_access",
        when="Every application that signs people in",
        section="Back-Channel Logout 1.0",
        standing="recommended",
    ),
    steps=(*front.STEPS, *exchange.STEPS, *leaving.STEPS),
    begin=front.AUTHORIZE,
    with_code=exchange.EXCHANGE,
    with_tokens=(leaving.SIGN_OUT, leaving.LOOK),
    after=(leaving.SIGN_OUT, leaving.LOOK),
    breaks=(*front.FOREIGN_ANSWERS, leaving.PASSED_OFF),
    code=exchange.WEB_APPLICATION,
    scope="openid profile",
    response_type="code",
)
