"""Example Corp: who works there, and how it and the demo know each other. It is a Gatelodge of its own beside it."""

from pathlib import Path

from gatelodge.config.policies import LooksPolicy
from gatelodge.demo.data import DemoPerson
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.protocol.provider import Provider
from gatelodge.stores.users import NewUser

NAME, LABEL = "corp", "Example Corp"
CLIENT_ID, SECRET = "gatelodge-demo", "demo-corp-secret"
_FOLDER = Path(__file__).with_name("corp_looks")
LOOKS = LooksPolicy(
    name=LABEL,
    logo=str(_FOLDER / "logo.svg"),
    brand="#3a4fb8",
    brand_dark="#9db0ff",
    stylesheet=str(_FOLDER / "corp.css"),
    templates=str(_FOLDER),
)

PEOPLE = (
    DemoPerson(
        NewUser(
            sub="corp-carol",
            username="carol",
            email="carol@corp.example",
            email_verified=True,
            name="Carol Chandler",
            claims={"given_name": "Carol", "family_name": "Chandler", "locale": "en-US"},
        ),
        "corporate",
    ),
    DemoPerson(
        NewUser(
            sub="corp-alice",
            username="alice",
            email="alice@example.com",
            email_verified=True,
            name="Alice Liddell",
            claims={"given_name": "Alice", "family_name": "Liddell", "locale": "en-GB"},
        ),
        "wonderland",
    ),
)


def issuer(port: int) -> str:
    """Return what Example Corp is called: by another host name than the demo, so that their cookies do not mix."""
    return f"http://127.0.0.1:{port}"


def client(demo: str) -> Client:
    """Return the demo at the issuer `demo`, as Example Corp knows it."""
    return Client(
        id=CLIENT_ID,
        name="Gatelodge demo",
        type="web",
        auth_method="client_secret_basic",
        secrets=(ClientSecret(client_secret_digest(SECRET)),),
        redirect_uris=(f"{demo}/callback/{NAME}",),
        grants=frozenset({"authorization_code", "refresh_token"}),
        response_types=frozenset({"code"}),
        scopes=frozenset({"openid", "profile", "email", "offline_access"}),
        trusted=True,
        backchannel_logout_uri=f"{demo}/callback/{NAME}/logout",
    )


def provider(port: int) -> Provider:
    """Return Example Corp, as the demo knows it."""
    return Provider(
        name=NAME,
        kind="oidc",
        label=LABEL,
        client_id=CLIENT_ID,
        issuer=issuer(port),
        trusts_address=True,
        new_accounts=True,
    )
