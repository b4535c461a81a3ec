"""The UserInfo endpoint (OpenID Connect Core 5.3): claims about the person, for whoever holds their access token."""

from dataclasses import dataclass

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
from gatelodge.telemetry.origin import about
from gatelodge.tokens.own import Live, OwnTokens

_MISSING = bearer_reply()


@dataclass(frozen=True, slots=True)
class UserInfoEndpoint:
    """Answers with the claims the token's scopes stand for, if the token is for this server, `issuer`."""

    issuer: str
    own: OwnTokens
    registry: Registry

    async def handle(self, request: Request) -> Reply:
        """Answer `GET` or `POST /userinfo`."""
        try:
            token = presented_token(request)
            if token is None:
                return _MISSING
            live = await self._live(token)
            about(request.origin, live.claims["client_id"])
            return json_reply(self._claims(live, (await self.registry.apis()).claim_scopes))
        except OAuthError as error:
            rule = error.rule.id if error.rule else ""
            event = RequestRefused(error=error.code, rule=rule, endpoint="userinfo", reason=error.description)
            emit(event, request.origin)
            return bearer_reply(error, ("openid",) if error.code == "insufficient_scope" else ())

    async def _live(self, token: str) -> Live:
        live = await self.own.find(token, with_person=True)
        if live is None or not live.is_held_by(await self.registry.client(live.claims["client_id"])):
            raise OAuthError("invalid_token", "the access token is not valid any more", rules.TOKEN_ACTIVE)
        if live.user is None or "openid" not in live.scope:
            raise OAuthError("insufficient_scope", "the access token lacks the scope openid", rules.USERINFO_SCOPE)
        if self.issuer not in live.audience:
            raise OAuthError("invalid_token", "the access token is not for UserInfo", rules.USERINFO_AUDIENCE)
        return live

    def _claims(self, live: Live, released: ClaimScopes) -> dict[str, object]:
        if live.user is None:
            raise RuntimeError("_live() lets no token without a person through")
        return userinfo_claims(live.user, live.claims["sub"], live.scope, live.wanted, released)


def presented_token(request: Request) -> str | None:
    """Return the access token of a request, `None` if it has none.

    Raises `OAuthError` (invalid_request) if it is in the URL, malformed, or sent in two ways (RFC 6750 2, 3.1).
    """
    if request.query.fields.get("access_token") is not None:
        raise OAuthError("invalid_request", "access_token must not be in the URL", rules.BEARER_ONE)
    in_body = request.form.get("access_token")
    header = request.headers.get("authorization")
    if header is None:
        return in_body
    scheme, _, token = header.partition(" ")
    if in_body is not None:
        raise OAuthError("invalid_request", "the access token is sent in two ways", rules.BEARER_ONE)
    if scheme.lower() != "bearer" or not token or " " in token or "," in token:
        raise OAuthError("invalid_request", "authorization must be one Bearer token", rules.BEARER_ONE)
    return token
