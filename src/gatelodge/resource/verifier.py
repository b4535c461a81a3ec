"""The verifier: one object that says whose access token it is, or why it is refused."""

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from gatelodge.client.errors import OAuthClientError, ServerUnavailable
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.sending.http import AsyncSend, Send
from gatelodge.clock import Clock, SystemClock
from gatelodge.protocol import rules
from gatelodge.protocol.dpop import SCHEME
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.jwks import PublicKeys
from gatelodge.protocol.signature import VERIFIABLE
from gatelodge.resource.carrier import Carrier
from gatelodge.resource.dpop import Dpop, KeyHolders, SentProof
from gatelodge.resource.introspection import Introspection
from gatelodge.resource.issuer import Issuer
from gatelodge.resource.issuers import Issuers
from gatelodge.resource.local import LocalTokens, looks_like_jwt
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.opaque import OpaqueTokens
from gatelodge.resource.principal import Principal
from gatelodge.resource.profiles import profile_named
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.terms import Terms

if TYPE_CHECKING:
    from gatelodge.client.sending.route import NetworkRoute

ALGORITHMS = ("ES256", "RS256")


class TokenVerifier:
    """Verifies the access tokens that authorization servers issued for one API.

    `issuer` and `audience`, one text or several, are compared byte for byte with the tokens' `iss` and `aud`; what an
    API is called first is what it calls itself. `profile` says how the tokens are written, and with it what tells an
    access token from an ID token: `rfc9068` (the standard), `entra`, `auth0`, `okta`, `keycloak`, `cognito`, or `jwt`
    for any other. `tenants` are those who may stand for `{tenantid}` in an issuer: anything that answers `in`, asked
    with every token.

    A token that is bound to a key is taken with a proof of that key and never as a bearer token (RFC 9449); `dpop` says
    what else is demanded of it.

    JWTs are verified here, with the issuer's published keys: after the first one no request waits for the network.
    Opaque tokens are refused unless `introspection` says how to ask about them.

    `algorithms` are those a JWT may be signed with: any of ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384,
    PS512, EdDSA, Ed25519. `keys` pins the keys of the one issuer; then it is not looked for. `allow_private` lets the
    issuer be inside your own network; `route` has a proxy and certificates of your own. `send` and `async_send` replace
    what carries questions to it; `clock` tells the time. Raises `ValueError` and `AddressRefused`.
    """

    def __init__(
        self,
        issuer: str | Iterable[str],
        audience: str | Iterable[str],
        *,
        profile: str = "rfc9068",
        tenants: Container[str] | None = None,
        algorithms: Iterable[str] = ALGORITHMS,
        introspection: Introspection | None = None,
        dpop: Dpop | None = None,
        keys: PublicKeys | None = None,
        allow_private: bool = False,
        route: "NetworkRoute | None" = None,
        send: Send | None = None,
        async_send: AsyncSend | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.audiences = _some(audience)
        self.clock = clock or SystemClock()
        carrier = Carrier(send, async_send, allow_private=allow_private, route=route)
        self.holders = KeyHolders(dpop, self.clock)
        self._issuers = Issuers(_texts(issuer), tenants, lambda name: Issuer(name, carrier, self.clock))
        self._keys = _pinned(keys, self._issuers)
        terms = Terms(profile_named(profile), frozenset(self.audiences))
        self._local = LocalTokens(self._issuers, terms, _allowed(algorithms))
        self._asked = introspection and _asked(introspection, self._issuers)
        self._opaque = introspection and self._asked and OpaqueTokens(self._asked, carrier, introspection, terms)

    @property
    def issuer(self) -> str:
        """The issuer that is named first."""
        return self._issuers.names[0]

    @property
    def audience(self) -> str:
        """What the API is called first."""
        return self.audiences[0]

    @property
    def server(self) -> ServerMetadata | None:
        """What the first issuer says about itself, if it was asked before."""
        return self._issuers.first and self._issuers.first.known

    async def verify(self, token: str, sent: SentProof | None = None) -> Principal:
        """Return whose token it is; `sent` is what came beside one of the scheme DPoP.

        Raises `Refused`, and `CannotDecide` if that cannot be found out now.
        """
        try:
            return self.holders.admit(await self._whose(token), token, sent)
        except BadToken as refused:
            raise self._refusal(refused, sent) from None
        except OAuthClientError as failure:
            raise _indecision(failure) from failure

    def verify_sync(self, token: str, sent: SentProof | None = None) -> Principal:
        """Do the same from a thread."""
        try:
            return self.holders.admit(self._whose_sync(token), token, sent)
        except BadToken as refused:
            raise self._refusal(refused, sent) from None
        except OAuthClientError as failure:
            raise _indecision(failure) from failure

    def describe(self, scopes: Iterable[str] = (), *, name: str = "", documentation: str = "") -> ResourceMetadata:
        """Return the metadata of this API, to publish (RFC 9728). Raises `ValueError` if the audience is no URL."""
        return ResourceMetadata(
            resource=self.audience,
            authorization_servers=self._issuers.published,
            scopes=tuple(scopes),
            name=name,
            documentation=documentation,
            only_bound=self.holders.required,
        )

    async def _whose(self, token: str) -> Principal:
        if (opaque := self._introspected(token)) is not None:
            return await opaque.verify_async(token)
        seen = self._local.look(token, self.clock.now())
        keys = self._keys or await seen.issuer.keys_for_async(seen.kid, seen.alg)
        return self._local.prove(token, seen, keys)

    def _whose_sync(self, token: str) -> Principal:
        if (opaque := self._introspected(token)) is not None:
            return opaque.verify(token)
        seen = self._local.look(token, self.clock.now())
        keys = self._keys or seen.issuer.keys_for(seen.kid, seen.alg)
        return self._local.prove(token, seen, keys)

    def _introspected(self, token: str) -> OpaqueTokens | None:
        """Return whom to ask about a token, `None` if it is verified here. Raises `BadToken` if neither can be."""
        if not looks_like_jwt(token):
            if self._opaque is None:
                raise BadToken(rules.JWT_COMPACT)
            return self._opaque
        asks = self._opaque is not None and self._opaque.also_jwts
        return self._opaque if asks and self._local.issuer_of(token) is self._asked else None

    def _refusal(self, refused: BadToken, sent: SentProof | None) -> Refused:
        """Say to the caller that the token will not do, and to the operator which setting it does not fit."""
        said = "the access token expired" if refused.rule is rules.JWT_EXP else "the access token is not valid here"
        wanted = {
            rules.JWT_ISS: f"iss {' or '.join(self._issuers.names)}",
            rules.JWT_AUD: f"aud {' or '.join(self.audiences)}",
            rules.TOKEN_KIND: f"profile {self._local.profile.name}",
            rules.JWT_TYP: f"profile {self._local.profile.name}",
        }
        scheme = "Bearer" if sent is None else SCHEME
        return Refused("invalid_token", said, refused.rule, wanted.get(refused.rule, ""), scheme=scheme)


def _indecision(failure: OAuthClientError) -> CannotDecide:
    """Say to the operator what kept us from deciding."""
    wait = failure.retry_after if isinstance(failure, ServerUnavailable) else None
    return CannotDecide(str(failure), wait or 5)


def _texts(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))


def _some(audience: str | Iterable[str]) -> tuple[str, ...]:
    given = _texts(audience)
    if not given or not all(given):
        raise ValueError("audience is the identifier of this API; without one any API's token would do")
    return given


def _allowed(algorithms: Iterable[str]) -> frozenset[str]:
    allowed = frozenset(algorithms)
    if not allowed or not allowed <= VERIFIABLE:
        raise ValueError(f"algorithms are some of {', '.join(sorted(VERIFIABLE))}")
    return allowed


def _pinned(keys: PublicKeys | None, issuers: Issuers) -> PublicKeys | None:
    if keys is not None and not issuers.is_one:
        raise ValueError("keys are those of one issuer: with several, each could sign for the others")
    return keys


def _asked(introspection: Introspection, issuers: Issuers) -> Issuer:
    """Return the issuer that is asked: no token is shown to a server that may not be its own."""
    if introspection.issuer is None and not issuers.is_one:
        raise ValueError("with several issuers, introspection says at which one it is: Introspection(issuer=...)")
    return issuers.named(introspection.issuer or issuers.names[0])
