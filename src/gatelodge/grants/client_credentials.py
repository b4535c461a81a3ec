"""The client credentials grant (RFC 6749 4.4): a machine gets a token for itself, never a refresh token."""

from functools import lru_cache

from msgspec import Struct

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award
from gatelodge.grants.contract import Grant, GrantContext
from gatelodge.protocol import rules
from gatelodge.protocol.checks import TARGETING, one
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import Params
from gatelodge.protocol.scope import parse_scope
from gatelodge.protocol.targets import Apis, resolve
from gatelodge.telemetry.events import MachineTokenIssued


class MachineRequest(Struct, frozen=True):
    """A token as it was asked for; `scope` is `None` for all the client is registered for."""

    scope: tuple[str, ...] | None
    resource: tuple[str, ...]


class ClientCredentialsGrant(Grant[MachineRequest]):
    """Gives a confidential client a token for the scopes it was registered for and nothing more."""

    grant_type = "client_credentials"
    parameters = frozenset({"scope", "resource"})
    checks = (one(rules.SCOPE_SYNTAX, "scope"), *TARGETING)
    for_public_clients = False
    needs_database = False

    def read(self, params: Params) -> MachineRequest:
        scope = params.get("scope")
        return MachineRequest(None if scope is None else parse_scope(scope), params.all("resource"))

    async def redeem(self, tx: Tx, asked: MachineRequest, context: GrantContext) -> Award:
        return _award(context.client, asked.scope, asked.resource, context.apis, context.issuer)


@lru_cache(maxsize=4_096)
def _award(client: Client, scope: tuple[str, ...] | None, resource: tuple[str, ...], apis: Apis, issuer: str) -> Award:
    """Decide; a machine asks for the same again and again, and the same client and APIs give the same answer."""
    allowed = client.scopes - apis.claim_scopes.about_people  # there is no person whose identity could be told
    resolved = resolve(scope, resource, apis, allowed, issuer)
    event = MachineTokenIssued(client_id=client.id, scope=" ".join(resolved.scope))
    return Award(client, resolved.scope, resolved.target, event)
