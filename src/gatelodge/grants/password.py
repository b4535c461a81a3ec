"""The resource owner password credentials grant (RFC 6749 4.3): **legacy**, removed by OAuth 2.1.

Off unless `[legacy] password` is on and the client is allowed it. It exists so that applications can be moved away
from it: the application sees the person's password, so nothing that protects a sign-in page protects this.
"""

from dataclasses import dataclass, replace

from gatelodge.authn.contract import SignInRefused, Throttled
from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award, Grounds
from gatelodge.grants.contract import Grant, GrantContext
from gatelodge.grants.families import begin_family
from gatelodge.protocol import rules
from gatelodge.protocol.checks import TARGETING, need, one
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.proof import AuthnEvent
from gatelodge.protocol.scope import parse_scope
from gatelodge.protocol.targets import resolve
from gatelodge.telemetry.events import LegacyUsed, TokenIssued


@dataclass(frozen=True, slots=True)
class PasswordRequest:
    """A person's name and password in an application's hands; `proven` is set once they were checked."""

    username: str
    password: str
    scope: tuple[str, ...] | None
    resource: tuple[str, ...]
    proven: AuthnEvent | None = None

    def __repr__(self) -> str:
        return "PasswordRequest(...)"


class Password(Grant[PasswordRequest]):
    """Exchanges a person's password for tokens."""

    grant_type = "password"
    parameters = frozenset({"username", "password", "scope", "resource"})
    checks = (
        need("username"),
        need("password"),
        one(rules.SCOPE_SYNTAX, "scope"),
        one(rules.PASSWORD_RIGHT),
        *TARGETING,
        one(rules.ACCOUNT_ENABLED),
    )
    legacy = "password"

    def read(self, params: Params) -> PasswordRequest:
        username, password, scope = params.get("username"), params.get("password"), params.get("scope")
        if username is None or password is None:
            raise OAuthError("invalid_request", "username or password is missing", rules.REQUIRED)
        return PasswordRequest(
            username, password, None if scope is None else parse_scope(scope), params.all("resource")
        )

    async def prepare(self, asked: PasswordRequest, context: GrantContext) -> PasswordRequest:
        try:
            proven = await context.authenticate(asked.username, asked.password, context.origin)
        except Throttled:
            raise
        except SignInRefused:
            raise OAuthError("invalid_grant", "username or password is wrong", rules.PASSWORD_RIGHT) from None
        return replace(asked, proven=proven)

    def place(self, asked: PasswordRequest) -> int | None:
        return None if asked.proven is None else place_of(asked.proven.user_id)

    async def redeem(self, tx: Tx, asked: PasswordRequest, context: GrantContext) -> Award:
        person = asked.proven
        if person is None:
            raise RuntimeError("a password request is redeemed only after prepare() proved it")
        resolved = resolve(asked.scope, asked.resource, context.apis, context.client.scopes, context.issuer)
        api = resolved.target.api
        grounds = Grounds(
            user_id=person.user_id,
            sub=context.subjects.told(context.client, person.sub),
            sid="",
            auth_time=person.auth_time,
            amr=person.amr,
            acr=person.acr,
            scope=resolved.scope,
            resource=() if api is None else (api.identifier,),
            client_generation=context.client.generation,
        )
        family = await begin_family(tx, context, grounds)
        client_id, user_id = context.client.id, person.user_id
        issued = TokenIssued(
            client_id=client_id, user_id=user_id, grant=self.grant_type, scope=" ".join(resolved.scope)
        )
        warning = LegacyUsed(client_id=client_id, user_id=user_id, what="password grant")
        return Award(context.client, resolved.scope, resolved.target, issued, grounds, family, warning=warning)
