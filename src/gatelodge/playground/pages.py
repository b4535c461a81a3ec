"""The pages of the playground: the questions, and one page for each flow that shows a run of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from gatelodge.clock import Clock
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.playground import tokens
from gatelodge.playground.breaks import BY_ACT, offered
from gatelodge.playground.callback import Receiver
from gatelodge.playground.diagram import NARROW, WIDE, draw
from gatelodge.playground.flows import FLOWS, Flow
from gatelodge.playground.messages import Message, Step
from gatelodge.playground.player import Player
from gatelodge.playground.questions import QUESTIONS, advise, answers_in
from gatelodge.playground.runs import MOST_MESSAGES, Run, Runs, Tokens
from gatelodge.playground.sample import Sample
from gatelodge.playground.snippets import of_api, of_client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.web.errors import check_own_page
from gatelodge.web.pages import Allows, Pages

MAX_ANSWER = 16_384  # characters of an answer that is pasted


class QuestionsPage:
    """Three questions and the flow that follows from the answers; and all flows, side by side."""

    def __init__(self, pages: Pages, there: Collection[str]) -> None:
        self._pages = pages
        self._there = there

    async def show(self, request: Request) -> Reply:
        """Show the questions, answered as the query says."""
        answers = answers_in(request.query)
        advice = advise(answers)
        return self._pages.render(
            "playground/questions",
            allows=Allows(scripts=True, forms="here"),
            questions=QUESTIONS,
            answers=answers,
            advice=advice,
            flow=FLOWS[advice.flow],
            flows=FLOWS.values(),
            there=self._there,
        )


class FlowPage:
    """One flow: what happened so far, what is next, and how to break it."""

    def __init__(
        self, pages: Pages, sample: Sample, player: Player, runs: Runs, clock: Clock, there: Collection[str]
    ) -> None:
        self._pages = pages
        self._sample = sample
        self._player = player
        self._runs = runs
        self._clock = clock
        self._there = there

    async def show(self, request: Request) -> Reply:
        """Show the run of this browser, or the flow before it begins."""
        flow = self._flow(request)
        found = self._runs.find(request)
        run = found if found is not None and found.flow == flow.key else self._runs.new(flow.key)
        now = self._clock.now()
        ahead = _ahead(flow, run)
        opened = request.query.get("open") or ""
        return self._pages.render(
            "playground/flow",
            allows=Allows(scripts=True, forms="anywhere"),
            flow=flow,
            run=run,
            next=_next(flow, run),
            breaks=list(offered(flow, run)),
            broken=BY_ACT.get(run.broken),
            wide=draw(flow.lanes, run.messages, ahead, WIDE),
            small=draw(flow.lanes, run.messages, ahead, NARROW),
            entries=entries(run.messages, int(opened) if opened.isdecimal() and len(opened) < 4 else 0),
            tokens=tokens.show(run.tokens or Tokens("", run.early), now),
            seconds=max(run.until - now, 0),
            snippets=of_client(flow, self._sample),
            api_snippets=of_api(self._sample),
            flows=[one for one in FLOWS.values() if one.key in self._there],
        )

    async def act(self, request: Request) -> Reply:
        """Do what a button says, then show the page again, or send the browser where the flow sends it."""
        check_own_page(self._pages.issuer, request)
        flow, act = self._flow(request), request.form.get("act") or ""
        found = self._runs.find(request)
        run = found if found is not None and found.flow == flow.key else self._runs.new(flow.key)
        if act in ("show", "hide"):
            run = replace(run, shown=act == "show")
            return self._back(request, flow, run, "#messages")
        if act == "restart" or len(run.messages) > MOST_MESSAGES:
            return self._back(request, flow, self._runs.new(flow.key), "")
        move = await self._player.act(replace(run, before=len(run.messages)), act, request.form)
        if move is None:
            raise HttpRefusal(400, "act is not something this page does", "invalid_request")
        if move.to:
            return redirect(move.to, self._runs.keep(request, move.run))
        return self._back(request, flow, move.run, "#now")

    def _flow(self, request: Request) -> Flow:
        flow = FLOWS.get(request.path_params["flow"])
        if flow is None or flow.key not in self._there:
            raise HttpRefusal(404, "there is no such flow on this server", "not_found")
        return flow

    def _back(self, request: Request, flow: Flow, run: Run, where: str) -> Reply:
        return redirect(f"{self._pages.base}/playground/{flow.key}{where}", self._runs.keep(request, run))


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

    async def _receive(self, request: Request, run: Run, answer: Params) -> Reply:
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
class Entry:
    """A message with its reply, as the list below the diagram shows them. `last` is the number of the reply."""

    number: int
    message: Message
    reply: Message | None
    last: int
    open: bool


def entries(messages: Sequence[Message], opened: int) -> list[Entry]:
    """Return the messages, each with the reply that followed it; the one with the number `opened` is open."""
    found: list[Entry] = []
    for number, message in enumerate(messages, 1):
        before = found[-1] if found else None
        answers = message.is_reply and before is not None and before.reply is None and before.message.text
        if answers and before is not None:
            found[-1] = replace(before, reply=message, last=number, open=before.open or number == opened)
        else:
            found.append(Entry(number, message, None, number, number == opened))
    return found


def _ahead(flow: Flow, run: Run) -> Sequence[Step]:
    """Return the steps of the flow that lie ahead of this run."""
    if run.over or run.ended:
        return ()
    passed = _passed(run)
    last = max((n for n, step in enumerate(flow.steps) if step.key in passed), default=-1)
    return flow.steps[last + 1 :]


def _next(flow: Flow, run: Run) -> str:
    """Return the act that the flow goes on with, `done` if it has come to its end."""
    if run.ended and run.broken and run.tokens is not None and run.tokens.refresh:
        return "ended"
    if run.over or run.ended:
        return "restart"
    if run.until:
        return "code_expired"
    if run.code:
        return "exchange"
    if run.tokens is not None:
        passed = _passed(run)
        after = (act for act in flow.after if act not in passed and (act != "refresh" or run.tokens.refresh))
        return next(after, "done")
    if run.sent_to:
        return "waiting"
    return "authorize" if flow.response_type else flow.key


def _passed(run: Run) -> Collection[str]:
    """Return the steps that passed. A request that was refused, as an attempt is, is still to be made."""
    refused = {n - 1 for n, message in enumerate(run.messages) if message.is_reply and message.refusal}
    return {m.step.key for n, m in enumerate(run.messages) if m.refusal is None and n not in refused}
