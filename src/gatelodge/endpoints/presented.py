"""The access token that a request to an endpoint of ours brings, and whether its sender may (RFC 6750, RFC 9449)."""

from dataclasses import dataclass

from gatelodge.endpoints.request import Request
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import SCHEME, check_binding
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.reply import Headers
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.origin import about
from gatelodge.tokens.dpop import DpopProofs
from gatelodge.tokens.own import Live, OwnTokens

BEARER = "Bearer"
_SCHEMES = {"bearer": BEARER, "dpop": SCHEME}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A token that works, presented by whoever may. `headers` go with the answer."""

    live: Live
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class TokenCallers:
    """Finds the access token of a request and its person, and checks who sends it."""

    own: OwnTokens
    registry: Registry
    proofs: DpopProofs

    async def admit(self, request: Request) -> Admitted | None:
        """Return the token of a request, `None` if it has none.

        Raises `OAuthError` if it is sent as it may not be, works no more, or is bound to a key that its sender does not
        prove to have.
        """
        scheme, token = presented_token(request)
        if token is None:
            return None
        live = await self.own.find(token, with_person=True)
        client = live and await self.registry.client(live.claims["client_id"])
        if live is None or client is None or not live.is_held_by(client):
            raise OAuthError("invalid_token", "the access token is not valid any more", rules.TOKEN_ACTIVE)
        about(request.origin, client.id)
        if scheme == SCHEME:
            return Admitted(live, await self._proven(request, live, client, token))
        if live.is_bound:
            raise OAuthError(
                "invalid_token", "the access token is bound to a key: it is no Bearer", rules.TOKEN_UNBOUND
            )
        return Admitted(live)

    async def still(self, request: Request) -> bool:
        """Whether the token of a request that was admitted works still."""
        _, token = presented_token(request)
        return token is not None and await self.own.find(token) is not None

    async def _proven(self, request: Request, live: Live, client: Client, token: str) -> Headers:
        """Check the proof beside a token; return what tells of the next nonce."""
        if not live.is_bound:
            raise OAuthError("invalid_token", "the access token is bound to no key: it is a Bearer", rules.DPOP_BOUND)
        proof = await self.proofs.of_call(request.headers, request.method, request.sent_path, client, token)
        try:
            check_binding(live.jkt, proof)
        except OAuthError as error:
            raise OAuthError("invalid_token", error.description, error.rule) from None
        return self.proofs.next_nonce(proof, client)


def scheme_of(request: Request) -> str:
    """Return the scheme by which a request brings its token, as challenges write it: Bearer unless it says DPoP."""
    return _SCHEMES.get(request.headers.get("authorization", "").partition(" ")[0].lower(), BEARER)


def presented_token(request: Request) -> tuple[str, str | None]:
    """Return the scheme and the access token of a request, `None` if it has none.

    Raises `OAuthError` (invalid_request) if it is in the URL, malformed, or sent in two ways (RFC 6750 2, 3.1).
    """
    if request.query.fields.get("access_token") is not None:
        raise OAuthError("invalid_request", "access_token must not be in the URL", rules.BEARER_ONE)
    in_body = request.form.get("access_token")
    header = request.headers.get("authorization")
    if header is None:
        return BEARER, in_body
    scheme, _, token = header.partition(" ")
    if in_body is not None:
        raise OAuthError("invalid_request", "the access token is sent in two ways", rules.BEARER_ONE)
    if scheme.lower() not in _SCHEMES or not token or " " in token or "," in token:
        raise OAuthError("invalid_request", "authorization must be one Bearer or DPoP token", rules.BEARER_ONE)
    return _SCHEMES[scheme.lower()], token
