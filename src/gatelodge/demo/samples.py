"""The clients of the sample applications that run beside the demo, each on a port of its own."""

from dataclasses import dataclass

from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.protocol.device import GRANT_TYPE

SHOP, PAGE, OLD_PAGE, ASSISTANT = "demo-shop", "demo-single-page", "demo-implicit", "demo-assistant"
TELEVISION = "demo-television"
SHOP_SECRET = "demo-shop-secret"
WISHES = {"wishes": "Read and change your wish list"}
MCP_PATH = "/mcp"


@dataclass(frozen=True, slots=True)
class SamplePorts:
    """Where the sample applications and Example Corp listen, or would: next to the server, on loopback."""

    shop: int
    spa: int
    legacy_implicit: int
    mcp_server: int
    corp: int
    television: int


def clients(ports: SamplePorts) -> tuple[Client, ...]:
    """Return the sample applications as clients."""
    pages = (_page(_home(ports.spa)), _old_page(_home(ports.legacy_implicit)))
    return (_shop(_home(ports.shop)), *pages, _assistant(), _television())


def api(ports: SamplePorts) -> Api:
    """Return the wish list: what the sample MCP server keeps."""
    return Api(_home(ports.mcp_server) + MCP_PATH, "Demo wish list", WISHES)


def _home(port: int) -> str:
    return f"http://localhost:{port}"


def _shop(home: str) -> Client:
    return Client(
        id=SHOP,
        name="Looking-Glass Shop",
        type="web",
        auth_method="client_secret_basic",
        secrets=(ClientSecret(client_secret_digest(SHOP_SECRET)),),
        redirect_uris=(home + "/callback",),
        post_logout_redirect_uris=(home + "/",),
        backchannel_logout_uri=home + "/backchannel-logout",
        grants=frozenset({"authorization_code", "refresh_token"}),
        response_types=frozenset({"code"}),
        scopes=frozenset({"openid", "profile", "email", "offline_access", "orders:read", "orders:write"}),
    )


def _page(home: str) -> Client:
    return Client(
        id=PAGE,
        name="Orders on one page",
        type="spa",
        auth_method="none",
        redirect_uris=(home + "/",),
        post_logout_redirect_uris=(home + "/",),
        grants=frozenset({"authorization_code"}),
        response_types=frozenset({"code"}),
        scopes=frozenset({"openid", "profile", "orders:read", "orders:write"}),
    )


def _old_page(home: str) -> Client:
    return Client(
        id=OLD_PAGE,
        name="Orders the old way",
        type="spa",
        auth_method="none",
        redirect_uris=(home + "/",),
        grants=frozenset({"implicit"}),
        response_types=frozenset({"token"}),
        scopes=frozenset({"orders:read"}),
    )


def _assistant() -> Client:
    """Whatever speaks MCP on a person's own machine; it listens on any port of loopback (RFC 8252 7.3)."""
    return Client(
        id=ASSISTANT,
        name="An assistant",
        type="native",
        auth_method="none",
        redirect_uris=("http://127.0.0.1/callback",),
        grants=frozenset({"authorization_code", "refresh_token"}),
        response_types=frozenset({"code"}),
        scopes=frozenset({*WISHES, "offline_access"}),
    )


def _television() -> Client:
    """What shows a code; it is called back nowhere, so it may listen anywhere."""
    return Client(
        id=TELEVISION,
        name="Living-room TV",
        type="native",
        auth_method="none",
        grants=frozenset({GRANT_TYPE, "refresh_token"}),
        scopes=frozenset({"openid", "profile", "offline_access", "orders:read"}),
    )
