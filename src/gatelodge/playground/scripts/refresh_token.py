"""The refresh token: new tokens without the person, after any flow a person was in (RFC 6749 6)."""

from gatelodge.playground.scenes import calling, exchange, front, refreshing
from gatelodge.playground.script import Facts, Script

REFRESH_TOKEN = Script(
    key="refresh",
    grant="refresh_token",
    name="Refresh token",
    lead="What keeps somebody connected: the application gets a new access token without the person. It begins with "
    "any flow a person was in.",
    facts=Facts(
        person="once, before",
        secret="if the client has one",
        refresh="it is the refresh",
        when="Whatever outlives one access token",
        section="RFC 6749 6",
        standing="recommended",
    ),
    steps=(*front.STEPS, *exchange.STEPS, *refreshing.STEPS, *calling.STEPS),
    begin=front.AUTHORIZE,
    with_code=exchange.EXCHANGE,
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(refreshing.REFRESH, calling.CALL),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(
        *front.FOREIGN_ANSWERS,
        *front.CHANGED_REQUESTS,
        *exchange.BREAKS,
        *refreshing.BREAKS,
        *calling.BREAKS,
    ),
    code=exchange.WEB_APPLICATION,
    response_type="code",
)
