"""MCP servers: one verifier that the MCP SDK and FastMCP both take.

    MCPServer("orders", token_verifier=McpVerifier(verifier), auth=AuthSettings(...))
    FastMCP("orders", auth=RemoteAuthProvider(McpVerifier(verifier), [issuer], base_url=...))

Each has its own way to check scopes, to challenge, and to publish the metadata of the server.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatelodge.resource.missing import demanded
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import log
from gatelodge.resource.refusals import Refused
from gatelodge.resource.verifier import TokenVerifier

with demanded("mcp", "mcp"):
    import mcp.server.auth.provider as sdk

if TYPE_CHECKING:
    from fastmcp.server.auth import AccessToken
    from fastmcp.server.auth import TokenVerifier as _Base
else:
    try:  # FastMCP wants its own classes, which are the SDK's with more to them
        from fastmcp.server.auth import AccessToken
        from fastmcp.server.auth import TokenVerifier as _Base
    except ModuleNotFoundError:
        AccessToken = sdk.AccessToken

        class _Base:
            def __init__(self, *, base_url: object = None, required_scopes: list[str] | None = None) -> None:
                self.base_url = base_url
                self.required_scopes = required_scopes or []


class McpVerifier(_Base):
    """Verifies the access tokens of an MCP server.

    `required_scopes` and `base_url` are FastMCP's; with the SDK alone, scopes are named in its `AuthSettings`. While it
    cannot be decided whether a token is good, `CannotDecide` goes through: the answer is a 500, never a 401 that would
    make clients throw their tokens away.
    """

    def __init__(
        self, verifier: TokenVerifier, *, required_scopes: Sequence[str] = (), base_url: str | None = None
    ) -> None:
        super().__init__(base_url=base_url, required_scopes=list(required_scopes))
        self._verifier = verifier

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return what MCP servers know of a caller, `None` if the token is refused. Raises `CannotDecide`."""
        try:
            principal = await self._verifier.verify(token)
        except Refused as refused:
            log.info("refused: %s", refused)
            return None
        return AccessToken(token=token, **_described(principal, self._verifier.audience))


def _described(principal: Principal, audience: str) -> dict[str, Any]:
    return {
        "client_id": principal.client_id,
        "scopes": sorted(principal.scopes),
        "expires_at": None if (exp := principal.claims.get("exp")) is None else int(exp),
        "resource": audience,
        "subject": principal.sub,
        "claims": {**principal.claims, "iss": principal.issuer},
    }
