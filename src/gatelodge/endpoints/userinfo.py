"""The UserInfo endpoint (OpenID Connect Core 5.3): claims about the person, for whoever holds their access token."""

from dataclasses import dataclass

from gatelodge.endpoints.presented import TokenCallers, scheme_of
from gatelodge.endpoints.request import Request
from gatelodge.protocol import rules
from gatelodge.protocol.challenge import bearer_reply
from gatelodge.protocol.claim_scopes import ClaimScopes
from gatelodge.protocol.claims import userinfo_claims
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.reply import Reply, json_reply
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import RequestRefused
from gatelodge.tokens.own import Live

_MISSING = bearer_reply()


@dataclass(frozen=True, slots=True)
class UserInfoEndpoint:
    """Answers with the claims the token's scopes stand for, if the token is for this server, `issuer`."""

    issuer: str
    callers: TokenCallers
    registry: Registry

    async def handle(self, request: Request) -> Reply:
        """Answer `GET` or `POST /userinfo`."""
        try:
            admitted = await self.callers.admit(request)
            if admitted is None:
                return _MISSING
            released = (await self.registry.apis()).claim_scopes
            reply = json_reply(self._claims(self._checked(admitted.live), released))
            return reply.with_headers(*admitted.headers) if admitted.headers else reply
        except OAuthError as error:
            rule = error.rule.id if error.rule else ""
            event = RequestRefused(error=error.code, rule=rule, endpoint="userinfo", reason=error.description)
            emit(event, request.origin)
            scope = ("openid",) if error.code == "insufficient_scope" else ()
            return bearer_reply(error, scope, scheme=scheme_of(request))

    def _checked(self, live: Live) -> Live:
        if live.user is None or "openid" not in live.scope:
            raise OAuthError("insufficient_scope", "the access token lacks the scope openid", rules.USERINFO_SCOPE)
        if self.issuer not in live.audience:
            raise OAuthError("invalid_token", "the access token is not for UserInfo", rules.USERINFO_AUDIENCE)
        return live

    def _claims(self, live: Live, released: ClaimScopes) -> dict[str, object]:
        if live.user is None:
            raise RuntimeError("_checked() lets no token without a person through")
        return userinfo_claims(live.user, live.claims["sub"], live.scope, live.wanted, released)
