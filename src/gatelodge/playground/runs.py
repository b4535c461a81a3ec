"""What the playground remembers of a browser: one run of one flow, in memory, found by a cookie, forgotten in time."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from gatelodge.client.messages.dpop import DpopKey
from gatelodge.clock import Clock, Entropy
from gatelodge.demo.pages.backend import claims_of
from gatelodge.endpoints.request import Request
from gatelodge.keys.secrets import b64
from gatelodge.playground.messages import Message, Refusal
from gatelodge.protocol.reply import Cookie

COOKIE = "gatelodge-playground"
MOST = 200  # runs; the one that was quiet the longest is forgotten first
LIFETIME = 1_800  # seconds a run is kept after it was last used
MOST_MESSAGES = 80  # of one run


@dataclass(frozen=True, slots=True)
class RunTokens:
    """What the server gave. `refresh` holds every refresh token there was, the newest last."""

    access: str = field(repr=False)
    id: str = field(default="", repr=False)
    refresh: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One run of one flow: what the application keeps of it, and every message that passed.

    `code` is held until it is exchanged; then it is the one that was `used`. `early` is an ID token that came ahead of
    the exchange. `sent_to` is where the browser was sent and has not come back from. `to_type` is a code that the
    person types `where` they are sent in another browser. `refusal` and `broken` are what was refused last and the
    attempt that was. `shown` says that somebody asked to see the secrets. `until` is when a code that waits to expire
    has expired. `pushed` is the name of a request that was pushed. `before` counts the messages there were before the
    last act. `ended` says that the server ended everything that came of the sign-in. `wanted` are the levels named by
    an API that wants a stronger one, `weak` is the access token that was not enough: what passes then is a second
    round. `key` is the one that tokens are bound to.
    """

    flow: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    messages: tuple[Message, ...] = ()
    code: str = field(default="", repr=False)
    code_at: int = 0
    used: str = field(default="", repr=False)
    early: str = field(default="", repr=False)
    tokens: RunTokens | None = None
    wanted: str = ""
    weak: str = field(default="", repr=False)
    sent_to: str = field(default="", repr=False)
    pushed: str = field(default="", repr=False)
    to_type: str = ""
    where: str = field(default="", repr=False)
    refusal: Refusal | None = None
    broken: str = ""
    until: int = 0
    over: bool = False
    ended: bool = False
    before: int = 0
    shown: bool = False
    key: DpopKey | None = field(default=None, repr=False)

    @property
    def challenge(self) -> str:
        """What may be shown of the verifier (RFC 7636 4.2)."""
        return b64(sha256(self.verifier.encode()).digest())

    @property
    def begun(self) -> bool:
        """Whether anything happened yet."""
        return bool(self.messages)

    def told(self, *messages: Message) -> "FlowRun":
        """Return this run with more messages, and with what refused the last of them."""
        refusal = next((message.refusal for message in reversed(messages) if message.refusal), None)
        return replace(self, messages=(*self.messages, *messages), refusal=refusal)

    def doubted(self, refusal: Refusal) -> "FlowRun":
        """Return this run, ended: the application refuses the last message."""
        last = replace(self.messages[-1], refusal=refusal)
        return replace(self, messages=(*self.messages[:-1], last), refusal=refusal, over=True)


def unguessable(entropy: Entropy) -> tuple[str, str, str]:
    """Return a state, a nonce and a PKCE verifier for one request, which nobody can guess."""
    return b64(entropy.bytes(32)), b64(entropy.bytes(32)), b64(entropy.bytes(32))


class Runs:
    """The runs of all browsers, never more than `MOST`."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._runs: OrderedDict[str, tuple[FlowRun, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._runs)

    def find(self, request: Request) -> FlowRun | None:
        """Return the run of this browser, `None` if it has none or was quiet for too long."""
        self._forget()
        run, _ = self._runs.get(request.cookies.get(COOKIE, ""), (None, 0))
        return run

    def new(self, flow: str) -> FlowRun:
        """Return a run that has not begun, with values nobody can guess."""
        return FlowRun(flow, *unguessable(self._entropy))

    def keep(self, request: Request, run: FlowRun) -> Cookie:
        """Remember the run and return the cookie that finds it again. A name we did not give is never used."""
        name = request.cookies.get(COOKIE, "")
        if name not in self._runs:
            name = b64(self._entropy.bytes(24))
        self._runs[name] = run, self._clock.now() + LIFETIME
        self._runs.move_to_end(name)
        while len(self._runs) > MOST:
            self._runs.popitem(last=False)
        return Cookie(COOKIE, name)

    def change_of(self, sid: str, change: Callable[[FlowRun], FlowRun]) -> None:
        """Change the runs whose application knows the session `sid` of the server."""
        for name, (run, until) in list(self._runs.items()):
            if sid and run.tokens is not None and claims_of(run.tokens.id).get("sid") == sid:
                self._runs[name] = change(run), until

    def _forget(self) -> None:
        """Drop what is too old: what was used last stands at the end."""
        while self._runs:
            name, (_, until) = next(iter(self._runs.items()))
            if until > self._clock.now():
                return
            del self._runs[name]
