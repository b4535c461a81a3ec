"""Signing in with another provider: the server asks somebody else who it is, and the application asks the server."""

from gatelodge.playground.scenes import calling, exchange, federated, front
from gatelodge.playground.script import Facts, Script

OTHER_PROVIDER = Script(
    key="other_provider",
    grant="authorization_code",
    name="Sign-in with another provider",
    lead="You have an account elsewhere: at work, at a university, at Google. The server sends you there and believes "
    "what it hears. The application notices nothing: two flows, one inside the other.",
    facts=Facts(
        person="yes",
        secret="any",
        refresh="any",
        when="People who have an account elsewhere",
        section="OpenID Connect Core 3.1",
        standing="recommended",
    ),
    steps=(*federated.STEPS, *exchange.STEPS, calling.WHO, calling.CLAIMS),
    begin=federated.AUTHORIZE,
    with_code=federated.EXCHANGE,
    with_tokens=(calling.USERINFO,),
    after=(calling.USERINFO,),
    breaks=(*front.FOREIGN_ANSWERS, *federated.BREAKS),
    code=exchange.WEB_APPLICATION,
    scope="openid profile",
    response_type="code",
)
