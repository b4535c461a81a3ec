"""The verifier: one object that says whose access token it is, or why it is refused."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.sending.http import AsyncSend, Send
from gatelodge.clock import Clock, SystemClock
from gatelodge.protocol import rules
from gatelodge.protocol.jose import ASYMMETRIC, BadToken
from gatelodge.protocol.jwks import PublicKeys
from gatelodge.resource.carrier import Carrier
from gatelodge.resource.introspection import Introspection
from gatelodge.resource.issuer import Issuer
from gatelodge.resource.local import LocalTokens, looks_like_jwt
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.opaque import OpaqueTokens
from gatelodge.resource.principal import Principal
from gatelodge.resource.refusals import CannotDecide, Refused

if TYPE_CHECKING:
    from gatelodge.client.sending.route import Route

ALGORITHMS = ("ES256", "RS256")


class TokenVerifier:
    """Verifies the access tokens that one authorization server issued for one API.

    `issuer` and `audience` are compared byte for byte with the tokens' `iss` and `aud`. JWTs (RFC 9068) are verified
    here, with the server's published keys: after the first one no request waits for the network. Opaque tokens are
    refused unless `introspection` says how to ask about them.

    `algorithms` are those a JWT may be signed with: any of ES256, RS256, PS256. `keys` pins the server's keys; then it
    is not looked for. `allow_private` lets the server be inside your own network; `route` has a proxy and certificates
    of your own. `send` and `async_send` replace what carries questions to the server; `clock` tells the time. Raises
    `ValueError` and `AddressRefused`.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        algorithms: Iterable[str] = ALGORITHMS,
        introspection: Introspection | None = None,
        keys: PublicKeys | None = None,
        allow_private: bool = False,
        route: "Route | None" = None,
        send: Send | None = None,
        async_send: AsyncSend | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self.clock = clock or SystemClock()
        carrier = Carrier(send, async_send, allow_private=allow_private, route=route)
        self._issuer = Issuer(issuer, carrier, self.clock)
        self._keys = keys
        self._local = LocalTokens(issuer, _some(audience), _allowed(algorithms))
        self._opaque = introspection and OpaqueTokens(self._issuer, carrier, introspection, audience, self.clock)

    @property
    def server(self) -> ServerMetadata | None:
        """What the authorization server says about itself, if it was asked before."""
        return self._issuer.known

    async def verify(self, token: str) -> Principal:
        """Return whose token it is. Raises `Refused`, and `CannotDecide` if that cannot be found out now."""
        try:
            if not looks_like_jwt(token):
                return await self._introspected().verify_async(token)
            seen = self._local.look(token, self.clock.now())
            keys = self._keys or await self._issuer.keys_for_async(seen.kid, seen.alg)
            return self._local.prove(token, seen, keys)
        except BadToken as refused:
            raise self._refusal(refused) from None
        except OAuthClientError as failure:
            raise _indecision(failure) from failure

    def verify_sync(self, token: str) -> Principal:
        """Do the same from a thread."""
        try:
            if not looks_like_jwt(token):
                return self._introspected().verify(token)
            seen = self._local.look(token, self.clock.now())
            keys = self._keys or self._issuer.keys_for(seen.kid, seen.alg)
            return self._local.prove(token, seen, keys)
        except BadToken as refused:
            raise self._refusal(refused) from None
        except OAuthClientError as failure:
            raise _indecision(failure) from failure

    def describe(self, scopes: Iterable[str] = (), *, name: str = "", documentation: str = "") -> ResourceMetadata:
        """Return the metadata of this API, to publish (RFC 9728). Raises `ValueError` if the audience is no URL."""
        return ResourceMetadata(
            resource=self.audience,
            authorization_servers=(self.issuer,),
            scopes=tuple(scopes),
            name=name,
            documentation=documentation,
        )

    def _introspected(self) -> OpaqueTokens:
        if self._opaque is None:
            raise BadToken(rules.JWT_COMPACT)
        return self._opaque

    def _refusal(self, refused: BadToken) -> Refused:
        """Say to the caller that the token will not do, and to the operator which setting it does not fit."""
        said = "the access token expired" if refused.rule is rules.JWT_EXP else "the access token is not valid here"
        wanted = {rules.JWT_ISS: f"iss {self.issuer}", rules.JWT_AUD: f"aud {self.audience}"}
        return Refused("invalid_token", said, refused.rule, wanted.get(refused.rule, ""))


def _indecision(failure: OAuthClientError) -> CannotDecide:
    """Say to the operator what kept us from deciding."""
    wait = failure.retry_after if isinstance(failure, ServerUnavailable) else None
    return CannotDecide(str(failure), wait or 5)


def _some(audience: str) -> str:
    if not audience:
        raise ValueError("audience is the identifier of this API; without one any API's token would do")
    return audience


def _allowed(algorithms: Iterable[str]) -> frozenset[str]:
    allowed = frozenset(algorithms)
    if not allowed or not allowed <= ASYMMETRIC:
        raise ValueError(f"algorithms are some of {', '.join(sorted(ASYMMETRIC))}")
    return allowed
