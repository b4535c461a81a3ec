"""The sample application at work: an act of a script is played, really, over HTTP, with every message kept."""

from collections.abc import Mapping
from dataclasses import replace

from gatelodge.playground.hands import PlayingHands
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.script import Move, Script, Turn
from gatelodge.protocol.params import Params


class Player:
    """Plays the application's part, as the scripts say. Every act takes a run and returns what it comes to."""

    def __init__(self, hands: PlayingHands, scripts: Mapping[str, Script]) -> None:
        self._hands = hands
        self._scripts = scripts

    async def play(self, run: FlowRun, key: str, typed: Params) -> Move | None:
        """Do what a button says; `None` if this flow has no such button."""
        script = self._scripts[run.flow]
        attempt = script.attempt(key)
        act = attempt or script.act(key)
        if act is None:
            return None
        run = replace(run, broken=key if attempt else "", refusal=None, until=0)
        return await act.play(Turn(self._hands, script, run, typed, attempt))
