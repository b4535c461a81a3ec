"""The authorization code with PKCE, by a web application with a server of its own (RFC 6749 4.1)."""

from gatelodge.playground.scenes import calling, exchange, front, refreshing
from gatelodge.playground.script import Advice, Facts, Script

_SECRET = "It keeps a secret on a server, so it proves itself when it exchanges the code. PKCE comes on top, always."

AUTHORIZATION_CODE = Script(
    key="code",
    grant="authorization_code",
    name="Authorization code with PKCE",
    lead="For a web application that keeps a secret on its server. The person signs in at the server, the browser "
    "carries a code, and tokens never reach the browser.",
    facts=Facts(
        person="yes",
        secret="yes, and PKCE",
        refresh="yes",
        when="Web applications with a server of their own",
        section="RFC 6749 4.1",
        standing="recommended",
    ),
    steps=(*front.STEPS, *exchange.STEPS, *calling.STEPS, *refreshing.STEPS),
    begin=front.AUTHORIZE,
    with_code=exchange.EXCHANGE,
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(calling.CALL, refreshing.REFRESH),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(
        *front.FOREIGN_ANSWERS,
        *front.CHANGED_REQUESTS,
        *exchange.BREAKS,
        *refreshing.BREAKS,
        *calling.BREAKS,
    ),
    code=exchange.WEB_APPLICATION,
    advice=(Advice({"person": "yes", "secret": "yes", "browser": "yes"}, (front.SOMEBODY, _SECRET, front.BROWSER)),),
    response_type="code",
)
