"""The password, given to the application itself: what OAuth 2.1 removed (RFC 6749 4.3)."""

from dataclasses import replace

from gatelodge.playground.asking import ask, for_api, given, told
from gatelodge.playground.messages import FlowStep, Message
from gatelodge.playground.scenes import calling, exchange, refreshing
from gatelodge.playground.script import Act, Facts, Field, Move, Script, Turn
from gatelodge.playground.wording import SECRET, without

TYPE = FlowStep(
    "start",
    "person",
    "client",
    "username and password",
    "You type your password into the application. It could keep it, and you could not tell.",
)
TOKEN = FlowStep(
    "token",
    "client",
    "server",
    "POST /token: your password",
    "The application sends your password. A passkey or a second factor has no place in this message.",
)
TOKENS = replace(
    exchange.TOKENS, why="What a sign-in in the browser gets, but that the application has your password as well."
)


async def _send(turn: Turn) -> Move:
    """Send what was typed on, and keep and show nothing of the password."""
    typed = {"username": turn.typed.get("username") or "", "password": turn.typed.get("password") or ""}
    sent = await ask(turn, {**for_api(turn, "password", turn.script.scope), **typed})
    sent = replace(sent, sent=without(sent.sent, typed["password"], "(your password)"))
    run = await told(replace(turn, run=turn.run.told(Message(TYPE))), sent, TOKEN, TOKENS)
    return Move(replace(run, over=True) if sent.refused else await given(turn, run, sent))


PASSWORD = Script(
    key="password",
    grant="password",
    name="Password",
    lead="What old applications do: collect the password themselves. OAuth 2.1 removed it. Look at it to recognise it, "
    "and send people to sign in instead.",
    facts=Facts(
        person="yes, to the wrong party",
        secret="yes",
        refresh="yes",
        when="Nowhere new: move to code with PKCE",
        section="RFC 6749 4.3",
        standing="removed",
    ),
    steps=(TYPE, TOKEN, TOKENS, *calling.STEPS),
    begin=Act(
        "password",
        "Give it to the application",
        "Type a password into an application, once, to see what is wrong with it.",
        _send,
        fields=(Field("username", "Username or e-mail", demo="alice"), Field("password", "Password", secret=True)),
        hint="The demo's alice has the password wonderland.",
    ),
    with_tokens=(calling.CALL, calling.USERINFO, refreshing.REFRESH),
    after=(calling.CALL,),
    when_ended=refreshing.ALL_THE_SAME,
    breaks=(*refreshing.BREAKS, *calling.BREAKS),
    code=exchange.WEB_APPLICATION,
    secrets=SECRET | {"password"},
    legacy="password",
)
