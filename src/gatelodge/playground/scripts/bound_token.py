"""A token that is bound to a key of its client, so that nobody else can use it (RFC 9449)."""

from gatelodge.playground.scenes import bound
from gatelodge.playground.script import Facts, Script
from gatelodge.playground.snippets import Code

BOUND_TOKEN = Script(
    key="bound",
    grant="client_credentials",
    name="A token bound to a key",
    lead="Whoever finds a token can use it, unless it is bound to a key. Then each request brings a proof of the key, "
    "made for this request alone. It works with every flow; here it is played without a person.",
    facts=Facts(
        person="any",
        secret="any",
        refresh="any",
        when="Tokens that are worth stealing",
        section="RFC 9449",
        standing="recommended",
    ),
    steps=bound.STEPS,
    begin=bound.ASK,
    with_tokens=(bound.CALL_API,),
    after=(bound.CALL_API,),
    breaks=bound.BREAKS,
    code=Code("bound", ("python",)),
    scope="orders:read",
)
