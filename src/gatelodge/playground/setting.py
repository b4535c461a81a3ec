"""What a playground is for, and its rows of the route table."""

from dataclasses import dataclass, field

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import LegacyPolicy
from gatelodge.demo.pages.line import for_library
from gatelodge.endpoints.routes import Route
from gatelodge.inspector.tracing import Tracing
from gatelodge.outbound import Outbound
from gatelodge.playground.callback import Receiver
from gatelodge.playground.hands import PlayingHands
from gatelodge.playground.identity import IdTokens
from gatelodge.playground.leaving import Listening
from gatelodge.playground.line import ServerConnection
from gatelodge.playground.pages import CallbackPage, FlowPage, QuestionsPage
from gatelodge.playground.player import Player
from gatelodge.playground.refusals import Reasons
from gatelodge.playground.repertoire import Repertoire
from gatelodge.playground.runs import Runs
from gatelodge.playground.sample import Sample
from gatelodge.playground.scripts import SCRIPTS
from gatelodge.playground.stub_issuer import StubIssuer
from gatelodge.web.pages import Pages


@dataclass(frozen=True, slots=True)
class PlaygroundConfig:
    """What a playground is for: this server, as its sample application sees it.

    `inspected` says that everybody who comes here may look at traces, so the last of them may be searched.
    """

    issuer: str
    secret: str = field(repr=False)
    workloads: StubIssuer
    code_lifetime: int
    legacy: LegacyPolicy
    tracing: Tracing | None
    inspected: bool


def routes(
    pages: Pages, setting: PlaygroundConfig, outbound: Outbound, clock: Clock, entropy: Entropy
) -> tuple[Route, ...]:
    """Return the playground's rows of the route table."""
    sample = Sample(setting.issuer, setting.secret, setting.code_lifetime)
    hands = PlayingHands(
        sample=sample,
        line=ServerConnection(setting.issuer, outbound),
        id_tokens=IdTokens(sample, for_library(setting.issuer, outbound), clock),
        reasons=Reasons(setting.tracing, setting.inspected),
        workloads=setting.workloads,
        clock=clock,
        entropy=entropy,
    )
    send = for_library(setting.issuer, outbound)
    played, runs = Repertoire.of(SCRIPTS, setting.legacy), Runs(clock, entropy)
    flow = FlowPage(pages, hands, Player(hands, played.scripts), runs, played)
    callback = CallbackPage(pages, Receiver(hands, played.scripts), runs)
    arrivals = {"GET": callback.arrive, "POST": callback.paste}
    listening = Listening(sample, send, runs, clock)
    return (
        Route("playground_leaving", "/playground/backchannel-logout", {"POST": listening.hear}),
        Route("playground_workloads", "/playground/workloads/jwks", {"GET": setting.workloads.publish}),
        Route("playground", "/playground", {"GET": QuestionsPage(pages, played).show}),
        Route("playground_callback", "/playground/callback", arrivals, acts=True),
        Route("playground_flow", "/playground/{flow}", {"GET": flow.show, "POST": flow.act}),
    )
