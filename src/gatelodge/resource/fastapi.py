"""FastAPI: a dependency that returns the caller and describes itself in the OpenAPI document.

auth = Auth(TokenVerifier("https://id.example.com", "https://api.example.com"))

@app.get("/orders")
async def orders(caller: Annotated[Principal, Depends(auth.require("orders:read"))]):
    return {"orders of": caller.sub}
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from gatelodge.protocol.reply import Reply
from gatelodge.resource.fastapi_docs import Answering, docs_router
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.missing import demanded
from gatelodge.resource.needs import Needs, needs
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import Protection
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.starlette import Caller, presented, response
from gatelodge.resource.verifier import TokenVerifier

with demanded("fastapi", "fastapi"):
    from fastapi import APIRouter, HTTPException, Security
    from fastapi.openapi.models import OAuth2, OAuthFlowAuthorizationCode, OAuthFlows
    from fastapi.security.base import SecurityBase
    from starlette.authentication import AuthCredentials
    from starlette.requests import HTTPConnection
    from starlette.responses import Response

Dependency = Callable[..., Awaitable[Principal]]


class Auth:
    """Protects the routes of a FastAPI application.

    `realm`, `metadata` and `base_url` are as in `Protection`. For the OpenAPI document: `scopes` says in words what
    each scope allows; `authorization_url` and `token_url` say where Swagger signs people in, and are only needed for a
    server that is not Gatelodge.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        *,
        realm: str | None = None,
        metadata: ResourceMetadata | None = None,
        base_url: str | None = None,
        scopes: Mapping[str, str] | None = None,
        authorization_url: str | None = None,
        token_url: str | None = None,
    ) -> None:
        self.protection = Protection(verifier, realm=realm, metadata=metadata, base_url=base_url)
        self._scheme = _Scheme(verifier, dict(scopes or {}), authorization_url, token_url)

    def require(self, *scopes: str, acr_values: str | Sequence[str] = (), max_age: int | None = None) -> Dependency:
        """Return a dependency: the `Principal` of a caller who has what is needed."""
        needed = needs(*scopes, acr_values=acr_values, max_age=max_age)
        self._scheme.learn(needed.scopes)
        described = Security(self._scheme, scopes=list(needed.scopes))

        async def caller(conn: HTTPConnection, _described: Annotated[None, described]) -> Principal:
            return await self._enter(conn, needed)

        return caller

    async def _enter(self, conn: HTTPConnection, needed: Needs) -> Principal:
        try:
            principal = await self.protection.admit(await presented(conn), needed)
        except (Refused, CannotDecide) as failure:
            raise _refusal(self.protection.reply(failure, needed)) from failure
        conn.scope["auth"], conn.scope["user"] = AuthCredentials(sorted(principal.scopes)), Caller(principal)
        return principal

    @property
    def router(self) -> APIRouter:
        """Where the metadata of this API is published. Raises `ValueError` if there is none."""
        if self.protection.metadata is None:
            raise ValueError("there is no metadata: Auth(verifier, metadata=verifier.describe(...))")

        async def metadata() -> Response:
            return response(self.protection.metadata_reply())

        router = APIRouter()
        router.add_api_route(self.protection.metadata.path, metadata, include_in_schema=False)
        return router

    def docs(self, client_id: str, path: str = "/docs") -> APIRouter:
        """Return Swagger UI whose login button works: `FastAPI(docs_url=None)`, then `include_router` with this.

        The client is a public one; its redirect URI is `/docs/oauth2-redirect` of the application.
        """
        init_oauth = {"clientId": client_id, "usePkceWithAuthorizationCodeGrant": True}
        return docs_router(path, init_oauth, self._scheme.answering)


class _Scheme(SecurityBase):
    """The security scheme of the OpenAPI document: where to get a token, and which scopes there are."""

    def __init__(
        self,
        verifier: TokenVerifier,
        scopes: dict[str, str],
        authorization_url: str | None,
        token_url: str | None,
    ) -> None:
        self.scheme_name = "OAuth2"
        self._verifier = verifier
        self._scopes = scopes
        self._authorization_url = authorization_url
        self._token_url = token_url

    async def __call__(self) -> None:
        """Do nothing: this describes, and the dependency it is part of decides."""

    def learn(self, scopes: Sequence[str]) -> None:
        """Note scopes that somebody needs."""
        for scope in scopes:
            self._scopes.setdefault(scope, "")

    def answering(self) -> Answering:
        """Whose answers Swagger takes. Gatelodge always says `iss`; of another server the metadata tells."""
        server = self._verifier.server
        says_iss = server.authorization_response_iss_parameter_supported if server else self._authorization_url is None
        return Answering(self._verifier.issuer, says_iss)

    @property
    def model(self) -> OAuth2:  # pyright: ignore[reportIncompatibleVariableOverride] - made when it is asked for
        """What is written into the document. Made late: by then all routes are there, and the server may be known."""
        server, issuer = self._verifier.server, self._verifier.issuer.rstrip("/")
        authorize = (server and server.authorization_endpoint) or f"{issuer}/authorize"
        flow = OAuthFlowAuthorizationCode(
            authorizationUrl=self._authorization_url or _for_resource(authorize, self._verifier.audience),
            tokenUrl=self._token_url or (server and server.token_endpoint) or f"{issuer}/token",
            scopes=self._scopes,
        )
        return OAuth2(flows=OAuthFlows(authorizationCode=flow))


def _for_resource(url: str, audience: str) -> str:
    """Return where to ask for a token for this API: it is named if it is a URI, as it must be (RFC 8707 2)."""
    if not urlsplit(audience).scheme:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'resource': audience})}"


def _refusal(reply: Reply) -> HTTPException:
    """Return a refusal in FastAPI's way, so that the application's own handlers see it."""
    return HTTPException(reply.status, detail=reply.json, headers=dict(reply.headers))
