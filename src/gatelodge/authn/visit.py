"""Somebody at a page of a way to sign in: what the way is told of them, and how it says no."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gatelodge.protocol.params import EMPTY, Params
from gatelodge.telemetry.events import Origin

TEMPLATES = Path(__file__).parent / "templates"


class SignInRefused(Exception):
    """A sign-in was refused. It carries no reason: unknown, wrong and disabled are one answer (ASVS 6.3.8)."""


class Throttled(SignInRefused):
    """A sign-in was not tried: too many failures. Say 429 and `Retry-After`, for unknown accounts, too."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class ThisBrowser(Protocol):
    """The browser of a request. What is bound to it keeps its `digest`; `called` finds it again by one of its names."""

    @property
    def digest(self) -> str: ...
    def called(self, digest: str, /) -> "ThisBrowser | None": ...


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Who a page is about. The server knows it, from a half-finished sign-in or a session and never from a form."""

    user_id: int
    sub: str


@dataclass(frozen=True, slots=True)
class SignInVisit:
    """Somebody at the page of a way.

    `form` is what they sent and empty when they come. `hint` is whom the client expects (`login_hint`), `known` the
    value of the `KNOWN` cookie. `person` is who proved something before in this sign-in; whoever begins one is nobody
    yet. `context` finds the sign-in again, and how far it has come: a route of the way's own gives it back as
    `Proven.context`. `locale` is the language that was asked for, if one was. `anew` says that a
    proof of before does not count: whoever sends the person elsewhere asks for a new one there.
    """

    origin: Origin
    browser: ThisBrowser
    form: Params = field(default=EMPTY, repr=False)
    hint: str = ""
    known: str | None = field(default=None, repr=False)
    person: KnownPerson | None = None
    context: str = field(default="", repr=False)
    locale: str | None = None
    anew: bool = False
