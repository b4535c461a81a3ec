"""The pages of the playground: the questions, and one page for each flow that shows a run of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.playground import tokens
from gatelodge.playground.callback import Receiver
from gatelodge.playground.diagram import NARROW, WIDE, draw
from gatelodge.playground.hands import PlayingHands
from gatelodge.playground.messages import Message
from gatelodge.playground.player import Player
from gatelodge.playground.progress import ahead, beside, breaks, next_in
from gatelodge.playground.questions import QUESTIONS, advise, answers_in
from gatelodge.playground.repertoire import Repertoire
from gatelodge.playground.runs import MOST_MESSAGES, FlowRun, Runs, RunTokens
from gatelodge.playground.script import Script
from gatelodge.playground.snippets import API, snippets
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.web.errors import check_own_page
from gatelodge.web.pages import Allows, Pages

MAX_ANSWER = 16_384  # characters of an answer that is pasted


class QuestionsPage:
    """Three questions and the flow that follows from the answers; and all flows, side by side."""

    def __init__(self, pages: Pages, played: Repertoire) -> None:
        self._pages = pages
        self._played = played

    async def show(self, request: Request) -> Reply:
        """Show the questions, answered as the query says."""
        answers = answers_in(request.query)
        choice = advise(answers, self._played.scripts.values())
        return self._pages.render(
            "playground/questions",
            allows=Allows(scripts=True, forms="here"),
            questions=QUESTIONS,
            answers=answers,
            choice=choice,
            scripts=self._played.scripts.values(),
            there=self._played.there,
        )


class FlowPage:
    """One flow: what happened so far, what is next, and how to break it."""

    def __init__(self, pages: Pages, hands: PlayingHands, player: Player, runs: Runs, played: Repertoire) -> None:
        self._pages = pages
        self._hands = hands
        self._player = player
        self._runs = runs
        self._played = played

    async def show(self, request: Request) -> Reply:
        """Show the run of this browser, or the flow before it begins."""
        script = self._script(request)
        run = self._run(request, script)
        now, lying = self._hands.clock.now(), ahead(script, run)
        proposed, opened = next_in(script, run), request.query.get("open") or ""
        return self._pages.render(
            "playground/flow",
            allows=Allows(scripts=True, forms="anywhere"),
            script=script,
            run=run,
            next=proposed,
            beside=beside(script, run, proposed),
            breaks=breaks(script, run),
            broken=script.attempt(run.broken),
            wide=draw(script.lanes, run.messages, lying, WIDE),
            small=draw(script.lanes, run.messages, lying, NARROW),
            entries=entries(run.messages, int(opened) if opened.isdecimal() and len(opened) < 4 else 0),
            tokens=tokens.show(run.tokens or RunTokens("", run.early), now),
            seconds=max(run.until - now, 0),
            snippets=snippets(script.code, self._hands.sample),
            api_snippets=snippets(API, self._hands.sample),
            scripts=[one for key, one in self._played.scripts.items() if key in self._played.there],
        )

    async def act(self, request: Request) -> Reply:
        """Do what a button says, then show the page again, or send the browser where the flow sends it."""
        check_own_page(self._pages.issuer, request)
        script, act = self._script(request), request.form.get("act") or ""
        run = self._run(request, script)
        if act in ("show", "hide"):
            return self._back(request, replace(run, shown=act == "show"), "#messages")
        if act == "restart" or len(run.messages) > MOST_MESSAGES:
            return self._back(request, self._runs.new(script.key), "")
        move = await self._player.play(replace(run, before=len(run.messages)), act, request.form)
        if move is None:
            raise HttpRefusal(400, "act is not something this page does", "invalid_request")
        if move.to:
            return redirect(move.to, self._runs.keep(request, move.run))
        return self._back(request, move.run, "#now")

    def _script(self, request: Request) -> Script:
        script = self._played.playable(request.path_params["flow"])
        if script is None:
            raise HttpRefusal(404, "there is no such flow on this server", "not_found")
        return script

    def _run(self, request: Request, script: Script) -> FlowRun:
        """Return the run of this browser, a new one if it plays something else or nothing."""
        found = self._runs.find(request)
        return found if found is not None and found.flow == script.key else self._runs.new(script.key)

    def _back(self, request: Request, run: FlowRun, where: str) -> Reply:
        return redirect(f"{self._pages.base}/playground/{run.flow}{where}", self._runs.keep(request, run))


class CallbackPage:
    """Where answers come back to, the sample application's only redirect URI."""

    def __init__(self, pages: Pages, receiver: Receiver, runs: Runs) -> None:
        self._pages = pages
        self._receiver = receiver
        self._runs = runs

    async def arrive(self, request: Request) -> Reply:
        """Take the answer out of the address; without one there it may stand in the fragment, which a script reads."""
        run = self._runs.find(request)
        if run is None:
            return self._pages.render("playground/stray", status=400, allows=Allows(forms="nowhere"))
        if not request.query.fields:
            return self._pages.render("playground/fragment", allows=Allows(scripts=True, forms="here"))
        return await self._receive(request, run, request.query)

    async def paste(self, request: Request) -> Reply:
        """Take the fragment of an answer, or the whole address with it."""
        check_own_page(self._pages.issuer, request)
        run = self._runs.find(request)
        if run is None:
            return self._pages.render("playground/stray", status=400, allows=Allows(forms="nowhere"))
        return await self._receive(request, run, _in_fragment(request.form.get("answer") or ""))

    async def _receive(self, request: Request, run: FlowRun, answer: Params) -> Reply:
        answer.refuse_repeated()
        taken = await self._receiver.receive(replace(run, before=len(run.messages)), answer)
        return redirect(f"{self._pages.base}/playground/{run.flow}#now", self._runs.keep(request, taken))


def _in_fragment(text: str) -> Params:
    """Return the parameters of an answer that was read from an address."""
    try:
        return Params.parse(text.strip()[:MAX_ANSWER].rpartition("#")[2].encode())
    except OAuthError:
        return Params.parse(b"")


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message with its reply, as the list below the diagram shows them. `last` is the number of the reply."""

    number: int
    message: Message
    reply: Message | None
    last: int
    open: bool


def entries(messages: Sequence[Message], opened: int) -> list[ListedMessage]:
    """Return the messages, each with the reply that followed it; the one with the number `opened` is open."""
    found: list[ListedMessage] = []
    for number, message in enumerate(messages, 1):
        before = found[-1] if found else None
        answers = message.is_reply and before is not None and before.reply is None and before.message.text
        if answers and before is not None:
            found[-1] = replace(before, reply=message, last=number, open=before.open or number == opened)
        else:
            found.append(ListedMessage(number, message, None, number, number == opened))
    return found
