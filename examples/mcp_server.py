"""An MCP server: an assistant keeps a person's wish list, if the person allowed it.

    .venv/bin/python examples/mcp_server.py     then give http://localhost:8004/mcp to an assistant

`make demo` starts it with the others; alone it needs a server, `gatelodge demo` in another terminal, and the package
`mcp`. An assistant that comes without a token is told where to get one (RFC 9728), sends the person there, and comes
back with a token for this server and no other. It is the client `demo-assistant`, without a secret, called back on any
loopback port at /callback.

A token for this server is not one for the orders API, and is never passed on to it: each API has its own.
"""

import os
import sys
from collections import defaultdict

import uvicorn

from gatelodge.resource import TokenVerifier

try:
    from mcp.server.auth.middleware.auth_context import get_access_token
    from mcp.server.auth.settings import AuthSettings
    from mcp.server.mcpserver import MCPServer

    from gatelodge.resource.mcp import McpVerifier
except ImportError:
    raise SystemExit(f"This needs mcp, version 2: {sys.executable} -m pip install 'mcp>=2'") from None

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
PORT = int(os.environ.get("PORT", "8004"))

# The same two strings as for any API: who issues the tokens, and by which name this server is registered there.
verifier = TokenVerifier(ISSUER, f"http://localhost:{PORT}/mcp")

# Read from text, because a URL type would put a slash behind the issuer, and issuers are compared byte for byte.
settings = AuthSettings.model_validate(
    {
        "issuer_url": verifier.issuer,
        "resource_server_url": verifier.audience,
        "required_scopes": ["wishes"],
        "validate_token_resource": True,
    }
)
server = MCPServer("Wish list", token_verifier=McpVerifier(verifier), auth=settings, log_level="WARNING")

wishes: defaultdict[str, list[str]] = defaultdict(list)


def person() -> str:
    """Return who let the assistant call: every tool runs for somebody."""
    token = get_access_token()
    if token is None or token.subject is None:
        raise PermissionError("nobody is signed in")
    return token.subject


@server.tool()
def my_wishes() -> list[str]:
    """Read the person's wish list."""
    return wishes[person()]


@server.tool()
def wish_for(item: str) -> list[str]:
    """Put something on the person's wish list, and return all of it."""
    wishes[person()].append(item[:80])
    return wishes[person()]


if __name__ == "__main__":
    print(
        f"Give {verifier.audience} to an assistant; people sign in at {ISSUER} (`make demo` starts that).", flush=True
    )
    uvicorn.run(server.streamable_http_app(), host="127.0.0.1", port=PORT, log_level="warning")
