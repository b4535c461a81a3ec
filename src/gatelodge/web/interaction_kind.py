"""What waits for a person: a kind of request, what it asks them, and the endpoint where it goes on after every page.

The pages know no kind by name. A kind reads its own request into a `ClientQuestion`; signing in, picking an account,
consent, forgery, what comes late and what comes twice are the pages'. How it is answered is its own affair: with a
redirect, or without.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from gatelodge.endpoints.prompts import Prompts
from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.ops.client_questions import ClientQuestion
from gatelodge.ops.room import Ops
from gatelodge.protocol.params import Params
from gatelodge.sessions import csrf
from gatelodge.sessions.interactions import PARAMETER
from gatelodge.sessions.typed_codes import TypedCodes
from gatelodge.web.pages import Pages


@dataclass(frozen=True, slots=True)
class KindEquipment:
    """What kinds of interactions work with."""

    on: Foundation
    prompts: Prompts
    ops: Ops
    pages: Pages
    typed_codes: TypedCodes
    csrf_key: csrf.Key


class InteractionKind(ABC):
    """A kind of request that waits for a person.

    `name` is kept with each of them. `path` is where they go on, below the issuer's: no page knows what is next, and
    each leads there, where `Prompts.next` is asked.
    """

    name: ClassVar[str]
    path: ClassVar[str]

    @classmethod
    @abstractmethod
    def open(cls, equipment: KindEquipment) -> Self:
        """Return it for one server."""

    @abstractmethod
    async def question(self, params: Params) -> ClientQuestion:
        """Return what a parked request asks, read anew. Raises `NotAskable`, or `UnsafeRequest` for the person."""

    def routes(self) -> tuple[Route, ...]:
        """Return the endpoints that are its own; none if they belong to the protocol."""
        return ()

    def back(self, handle: str) -> str:
        """Return where the request of this handle goes on, below the issuer's path."""
        return f"{self.path}?{PARAMETER}={handle}"
