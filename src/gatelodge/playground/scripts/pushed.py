"""The authorization code, with a request that is pushed before the browser is sent (RFC 9126)."""

from gatelodge.playground.scenes import calling, exchange, front, pushing, refreshing
from gatelodge.playground.script import Facts, Script

PUSHED = Script(
    key="pushed",
    grant="authorization_code",
    name="Authorization code, pushed first",
    lead="The same sign-in, but what is asked for goes from server to server. The browser carries a name for it, so "
    "nobody on the way reads the request or changes it.",
    facts=Facts(
        person="yes",
        secret="yes, and PKCE",
        refresh="yes",
        when="Wherever a request is long, private or worth changing: banks, health, agents",
        section="RFC 9126",
        standing="recommended",
    ),
    steps=(*pushing.STEPS, *exchange.STEPS, *calling.STEPS, *refreshing.STEPS),
    begin=pushing.PUSH_FIRST,
    with_code=exchange.EXCHANGE,
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(calling.CALL, refreshing.REFRESH),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(*front.FOREIGN_ANSWERS, *pushing.BREAKS, *exchange.BREAKS, *refreshing.BREAKS, *calling.BREAKS),
    code=pushing.WEB_APPLICATION,
    response_type="code",
)
