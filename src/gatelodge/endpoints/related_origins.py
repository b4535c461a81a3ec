"""Where else this server's passkeys may be used, as browsers ask it before they let them (WebAuthn L3 5.11)."""

from gatelodge.config.policies import PasskeyPolicy
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.protocol.reply import Reply, json_reply

LIFETIME = 3_600  # seconds it may be kept


def routes(issuer: str, policy: PasskeyPolicy) -> tuple[Route, ...]:
    """Return the row of the route table; none where passkeys are used at the issuer alone."""
    if not policy.origins:
        return ()
    body = {"origins": [issuer, *policy.origins]}

    async def tell(request: Request) -> Reply:
        del request
        return json_reply(body, headers=(("cache-control", f"public, max-age={LIFETIME}"),))

    return (Route("related_origins", "/.well-known/webauthn", {"GET": tell}, "machine", at_root=True),)
