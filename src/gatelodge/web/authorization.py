"""Authorization requests, as a kind of interaction: the answer goes to the redirect URI, with the browser."""

from dataclasses import dataclass
from typing import Self

from gatelodge.ops import authorization
from gatelodge.ops.authorization import Authorizations
from gatelodge.ops.client_questions import ClientQuestion
from gatelodge.protocol.params import Params
from gatelodge.web.interaction_kind import InteractionKind, KindEquipment


@dataclass(frozen=True, slots=True)
class AuthorizationKind(InteractionKind):
    """Waits between `/authorize` and `/authorize`, which is an endpoint of the protocol."""

    name = authorization.KIND
    path = "/authorize"

    authorizations: Authorizations

    @classmethod
    def open(cls, equipment: KindEquipment) -> Self:
        return cls(equipment.ops.authorizations)

    async def question(self, params: Params) -> ClientQuestion:
        return (await self.authorizations.understand(params)).question
