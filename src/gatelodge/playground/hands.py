"""What the sample application works with, whatever it does: who it is, its line, its judgement, time and chance."""

from dataclasses import dataclass

from gatelodge.clock import Clock, Entropy
from gatelodge.playground.identity import IdTokens
from gatelodge.playground.line import ServerConnection
from gatelodge.playground.refusals import Reasons
from gatelodge.playground.sample import Sample
from gatelodge.playground.stub_issuer import StubIssuer


@dataclass(frozen=True, slots=True)
class PlayingHands:
    """The sample application's hands, in every script the same."""

    sample: Sample
    line: ServerConnection
    id_tokens: IdTokens
    reasons: Reasons
    workloads: StubIssuer
    clock: Clock
    entropy: Entropy
