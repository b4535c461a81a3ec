"""client_secret_post: id and secret in the body (RFC 6749 2.3.1)."""

from gatelodge.client_auth.contract import Means, Method, NotProven, PresentedProof
from gatelodge.client_auth.secrets import check_secret, takes_secret
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import Params


class ClientSecretPost(Method[str]):
    """A secret among the parameters."""

    name = "client_secret_post"

    def read(self, params: Params, authorization: str | None) -> PresentedProof[str] | None:
        secret = params.get("client_secret")
        if secret is None:
            return None
        client_id = params.get("client_id")
        if client_id is None:
            raise NotProven(rules.CLIENT_PROVEN)
        return PresentedProof(client_id, secret)

    def serves(self, client: Client, presented: PresentedProof[str]) -> bool:
        return takes_secret(client, self.name)

    async def check(self, presented: PresentedProof[str], client: Client | None, means: Means) -> None:
        check_secret(client, presented.proof, means.clock.now())
