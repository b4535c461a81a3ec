"""The authorization code with PKCE, by a client that can keep no secret (RFC 8252, RFC 7636)."""

from dataclasses import replace

from gatelodge.playground.scenes import calling, exchange, front, refreshing
from gatelodge.playground.script import Advice, Facts, Script

_NO_SECRET = (
    "It can keep no secret, so it is a public client, and PKCE proves that who exchanges the code also asked for it."
)
_TOKEN = replace(
    exchange.TOKEN, why="A public client has no secret, so the verifier alone ties the code to whoever asked for it."
)

PUBLIC_CLIENT = Script(
    key="public",
    grant="authorization_code",
    name="Authorization code with PKCE, public client",
    lead="For single-page, mobile, desktop and command-line applications. Whatever is inside them anybody can read, so "
    "there is no secret, and PKCE does all the work.",
    facts=Facts(
        person="yes",
        secret="no: PKCE alone",
        refresh="yes, it rotates",
        when="Single-page, mobile, desktop, command line",
        section="RFC 8252, RFC 7636",
        standing="recommended",
    ),
    steps=(*front.STEPS, _TOKEN, exchange.TOKENS, *calling.STEPS, *refreshing.STEPS),
    begin=front.AUTHORIZE,
    with_code=replace(
        exchange.EXCHANGE,
        said="The code is here. It opens nothing: the application now exchanges it, and shows the verifier.",
    ),
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(calling.CALL, refreshing.REFRESH),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(
        *front.FOREIGN_ANSWERS,
        *front.CHANGED_REQUESTS,
        *exchange.BREAKS_OF_PUBLIC,
        *refreshing.BREAKS,
        *calling.BREAKS,
    ),
    code=exchange.PUBLIC_CLIENT,
    advice=(Advice({"person": "yes", "secret": "no", "browser": "yes"}, (front.SOMEBODY, _NO_SECRET, front.BROWSER)),),
    response_type="code",
    public=True,
)
