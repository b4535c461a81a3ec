"""none: a public client says who it is and cannot prove it (RFC 6749 2.1). What it may do is limited accordingly."""

from gatelodge.client_auth.contract import Means, Method, NotProven, PresentedProof
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import Params


class NoProof(Method[None]):
    """Nothing but a `client_id`."""

    name = "none"

    def read(self, params: Params, authorization: str | None) -> PresentedProof[None] | None:
        if authorization is not None or "client_secret" in params or "client_assertion" in params:
            return None
        client_id = params.get("client_id")
        return None if client_id is None else PresentedProof(client_id, None)

    async def check(self, presented: PresentedProof[None], client: Client | None, means: Means) -> None:
        if client is None:
            raise NotProven(rules.CLIENT_ENABLED)
