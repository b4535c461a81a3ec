"""Workload identity: a job shows what its platform says of it, and gets a token (RFC 7523). Nobody keeps a secret."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatelodge.keys.secrets import b64
from gatelodge.playground.asking import REPLAY_NOTE, ask, for_api, given, told
from gatelodge.playground.messages import FlowStep
from gatelodge.playground.scenes import calling
from gatelodge.playground.script import Act, Break, Facts, Move, Script, Turn
from gatelodge.playground.snippets import Code
from gatelodge.protocol import rules
from gatelodge.protocol.workload import GRANT_TYPE

SHOWN = FlowStep(
    "assert",
    "client",
    "server",
    "POST /token: what its platform says",
    "The platform that runs the job signed a JWT about it, for this server alone. The operator trusts the platform, "
    "and said which of its jobs this application is.",
)
GIVEN = FlowStep(
    "asserted",
    "server",
    "client",
    "an access token",
    "The server fetched the platform's keys, checked the signature, for whom the JWT is and which job it tells of. It "
    "takes each JWT once.",
)


async def _show(turn: Turn) -> Move:
    return await _show_one(turn, {})


async def _show_for_another(turn: Turn) -> Move:
    return await _show_one(turn, {"aud": "https://another.example"})


async def _show_of_another(turn: Turn) -> Move:
    return await _show_one(turn, {"sub": "job:somebody-elses"})


async def _show_twice(turn: Turn) -> Move:
    form = _form(turn, {})
    await ask(turn, form)
    again = await ask(turn, form)
    run = await told(turn, again, SHOWN, GIVEN, REPLAY_NOTE)
    return Move(replace(run, over=True))


async def _show_one(turn: Turn, other: Mapping[str, Any]) -> Move:
    exchange = await ask(turn, _form(turn, other))
    run = await told(turn, exchange, SHOWN, GIVEN)
    return Move(replace(run, over=True) if exchange.refused else await given(turn, run, exchange))


def _form(turn: Turn, other: Mapping[str, Any]) -> Mapping[str, str]:
    hands = turn.hands
    said = hands.workloads.say(b64(hands.entropy.bytes(16)), hands.clock.now(), **other)
    return {**for_api(turn, GRANT_TYPE, turn.script.scope), "assertion": said}


JWT_BEARER = Script(
    key="workload",
    grant=GRANT_TYPE,
    name="Workload identity",
    lead="For a job of GitHub Actions or GitLab, a pod, whatever runs where somebody signs for it: what its platform "
    "says of it becomes a token.",
    facts=Facts(
        person="no",
        secret="none, or any",
        refresh="no need",
        when="CI jobs, pods, SPIFFE workloads",
        section="RFC 7523",
        standing="recommended",
    ),
    steps=(
        SHOWN,
        GIVEN,
        replace(calling.ASKED, why="The subject of this token is the application itself."),
        calling.GIVEN,
    ),
    begin=Act(
        "assert",
        "Show what the platform says",
        "The job asks its platform for a JWT about itself, and shows it. Here the playground is the platform.",
        _show,
    ),
    with_tokens=(calling.CALL,),
    after=(calling.CALL,),
    breaks=(
        Break(
            "assert_elsewhere",
            "One that is for another server",
            "Another server to which the job showed it passes it on.",
            rules.JWT_AUD,
            "before",
            _show_for_another,
        ),
        Break(
            "assert_another",
            "Another job of the same platform",
            "Whoever else runs something there tries to be this job.",
            rules.WORKLOAD_FITS,
            "before",
            _show_of_another,
        ),
        Break(
            "assert_again",
            "The same one again",
            "Somebody read it in the log of the job.",
            rules.ASSERTION_ONCE,
            "before",
            _show_twice,
        ),
        *calling.BREAKS,
    ),
    code=Code("workload", ("curl",)),
    scope="orders:read",
)
