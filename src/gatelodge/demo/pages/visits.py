"""What a demo application remembers of the browsers that visit it: kept in its memory, found by a cookie.

Tokens stay here, on the application's side; the browser holds only the name of its visit.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256

from gatelodge.clock import Entropy
from gatelodge.demo.pages.backend import ShownExchange
from gatelodge.endpoints.request import Request
from gatelodge.keys.secrets import b64
from gatelodge.protocol.reply import Cookie

COOKIE = "gatelodge-demo"
MOST = 200  # visits; the one that was quiet the longest is forgotten first


@dataclass(frozen=True, slots=True)
class PendingAnswer:
    """What must be remembered between asking and the answer: each is good for one answer."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """What may be shown of the verifier (RFC 7636 4.2)."""
        return b64(sha256(self.verifier.encode()).digest())


@dataclass(frozen=True, slots=True)
class DemoTokens:
    """What a token endpoint gave."""

    access: str
    refresh: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class DemoVisit:
    """One browser's visit: what it asked for, what it holds and for whom, and what was said on its behalf.

    `sid` is the session of the server it signed in from; `told_to_leave` that the server said that one is over.
    """

    asked: PendingAnswer | None = None
    tokens: DemoTokens | None = None
    name: str = ""
    sid: str = ""
    told_to_leave: bool = False
    exchanges: tuple[ShownExchange, ...] = field(default=())


class Visits:
    """The visits of one demo application, never more than `MOST`."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._visits: OrderedDict[str, DemoVisit] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visits)

    def find(self, request: Request) -> DemoVisit:
        """Return the visit of this browser, an empty one if it is new."""
        return self._visits.get(request.cookies.get(COOKIE, ""), DemoVisit())

    def keep(self, request: Request, visit: DemoVisit) -> Cookie:
        """Remember the visit and return the cookie that finds it again."""
        name = request.cookies.get(COOKIE, "")
        if name not in self._visits:
            name = b64(self._entropy.bytes(18))
        self._visits[name] = visit
        self._visits.move_to_end(name)
        while len(self._visits) > MOST:
            self._visits.popitem(last=False)
        return Cookie(COOKIE, name)

    def end(self, sid: str) -> None:
        """Forget what is held for visits of a session that is over at the server."""
        for name, visit in self._visits.items():
            if sid and visit.sid == sid:
                self._visits[name] = DemoVisit(told_to_leave=True)


def ask(entropy: Entropy) -> PendingAnswer:
    """Return a fresh state, nonce and code verifier (RFC 7636 4.1)."""
    return PendingAnswer(b64(entropy.bytes(16)), b64(entropy.bytes(16)), b64(entropy.bytes(32)))
