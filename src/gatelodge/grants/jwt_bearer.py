"""The JWT bearer grant (RFC 7523 2.1): a JWT that a trusted issuer made about a workload gets an access token.

The client proves itself besides, in its own way, and its registration says which workloads it may bring. The token is
the client's own, as with client credentials: there is no person, and never a refresh token.
"""

from msgspec import Struct
from msgspec.structs import replace

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award
from gatelodge.grants.contract import Grant, GrantContext
from gatelodge.keys.workloads import SEEN
from gatelodge.protocol import jose, rules
from gatelodge.protocol.assertion import MAX_ASSERTION
from gatelodge.protocol.checks import TARGETING, need, one, some
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.scope import OPENID_SCOPES, parse_scope
from gatelodge.protocol.targets import resolve
from gatelodge.protocol.workload import GRANT_TYPE, ProvenWorkload, TrustedIssuer, check
from gatelodge.stores import seen
from gatelodge.telemetry.events import WorkloadTokenIssued


class WorkloadRequest(Struct, frozen=True):
    """A token as it was asked for; `scope` is `None` for all the client is registered for. `proven` is set then."""

    assertion: str
    scope: tuple[str, ...] | None
    resource: tuple[str, ...]
    trusted: TrustedIssuer | None = None
    proven: ProvenWorkload | None = None

    def __repr__(self) -> str:
        return "WorkloadRequest(...)"


class JwtBearer(Grant[WorkloadRequest]):
    """Exchanges a JWT of a trusted issuer about a workload for a token of the client that may bring it."""

    grant_type = GRANT_TYPE
    parameters = frozenset({"assertion", "scope", "resource"})
    checks = (
        need("assertion"),
        one(rules.SCOPE_SYNTAX, "scope"),
        some(rules.JWT_COMPACT, rules.JWT_JSON),
        one(rules.WORKLOAD_FITS),
        some(rules.JWT_HEADER, rules.JWT_ALG, rules.JWT_TYP, rules.JWT_KEY),
        one(rules.JWT_SIGNATURE),
        some(rules.JWT_ISS, rules.JWT_AUD, rules.JWT_TIME, rules.JWT_EXP, rules.JWT_NOT_YET),
        one(rules.ASSERTION_ONCE),
        *TARGETING,
    )
    for_public_clients = False

    def read(self, params: Params) -> WorkloadRequest:
        assertion, scope = params.get("assertion"), params.get("scope")
        if assertion is None:
            raise OAuthError("invalid_request", "assertion is missing", rules.REQUIRED)
        return WorkloadRequest(assertion, None if scope is None else parse_scope(scope), params.all("resource"))

    async def prepare(self, asked: WorkloadRequest, context: GrantContext) -> WorkloadRequest:
        try:
            parts = jose.take_apart(asked.assertion, MAX_ASSERTION)
            trusted = await context.workloads.trusted(context.client.workloads, parts)
            if trusted is None:
                raise BadToken(rules.WORKLOAD_FITS)
            keys = await context.workloads.keys_of(trusted, parts)
            return replace(asked, trusted=trusted, proven=check(parts, keys, trusted, context.issuer, context.now))
        except BadToken as error:
            raise _refused(error.rule) from None

    async def redeem(self, tx: Tx, asked: WorkloadRequest, context: GrantContext) -> Award:
        trusted, proven, client = asked.trusted, asked.proven, context.client
        if trusted is None or proven is None:
            raise RuntimeError("an assertion is redeemed only after prepare() proved it")
        resolved = resolve(asked.scope, asked.resource, context.apis, client.scopes - OPENID_SCOPES, context.issuer)
        if trusted.once and not await seen.once(tx, SEEN, f"{trusted.name}\0{proven.jti}", proven.forget_at):
            raise _refused(rules.ASSERTION_ONCE)
        event = WorkloadTokenIssued(client_id=client.id, issuer=trusted.name, scope=" ".join(resolved.scope))
        return Award(client, resolved.scope, resolved.target, event)


def _refused(rule: Rule) -> OAuthError:
    return OAuthError("invalid_grant", "assertion is not one that this client may bring, or does not count", rule)
