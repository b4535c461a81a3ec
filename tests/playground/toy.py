"""A flow that nobody has yet, whole in one file: an application gets a token and gives it back (RFC 7009)."""

from dataclasses import replace
from pathlib import Path

from gatelodge.playground.asking import ask, for_api, given, told
from gatelodge.playground.line import basic
from gatelodge.playground.messages import FlowStep
from gatelodge.playground.script import Act, Advice, Break, Facts, Move, Script, Turn
from gatelodge.playground.snippets import Code
from gatelodge.playground.wording import SECRET
from gatelodge.protocol import rules

ASKED = FlowStep("token", "client", "server", "POST /token, for a moment", "It needs a token, and not for long.")
GIVEN = FlowStep("tokens", "server", "client", "a token", "Good until it is given back.")
RETURNED = FlowStep("give_back", "client", "server", "POST /revoke: the token", "It has done what it was for.")
TAKEN = FlowStep("taken", "server", "client", "nothing more", "From now on it opens nothing.")


async def _ask(turn: Turn) -> Move:
    return await _ask_as(turn, "client_credentials")


async def _misspell(turn: Turn) -> Move:
    return await _ask_as(turn, "client_credential")


async def _ask_as(turn: Turn, grant: str) -> Move:
    exchange = await ask(turn, for_api(turn, grant, turn.script.scope))
    run = await told(turn, exchange, ASKED, GIVEN)
    return Move(replace(run, over=True) if exchange.refused else await given(turn, run, exchange))


async def _give_back(turn: Turn) -> Move:
    assert turn.run.tokens is not None
    sample = turn.hands.sample
    proof = basic(sample.client_id(public=False), sample.secret)
    form = {"token": turn.run.tokens.access}
    exchange = await turn.hands.line.post(sample.issuer + "/revoke", form, proof, turn.script.secrets)
    return Move(await told(turn, exchange, RETURNED, TAKEN))


_GIVE_BACK = Act("give_back", "Give it back", "The job is done. The application gives the token back.", _give_back)

TOY = Script(
    key="toy",
    grant="client_credentials",
    name="A token for a moment",
    lead="For whoever likes to tidy up.",
    facts=Facts("no", "yes", "no", "The tidy", "RFC 7009", "special"),
    steps=(ASKED, GIVEN, RETURNED, TAKEN),
    begin=Act("borrow", "Borrow a token", "The application asks, and will not keep it.", _ask),
    with_tokens=(_GIVE_BACK,),
    after=(_GIVE_BACK,),
    breaks=(
        Break(
            "misspelt",
            "A word nobody knows",
            "Somebody asks for what no server has.",
            rules.GRANT_KNOWN,
            "before",
            _misspell,
        ),
    ),
    code=Code("toy", ("python",), folder=Path(__file__).parent),
    advice=(Advice({"person": "no", "secret": "yes", "browser": "no"}, ("It is tidy.",)),),
    scope="orders:read",
    secrets=SECRET | {"token"},
)
