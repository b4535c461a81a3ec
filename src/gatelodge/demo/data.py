"""The demo: people, applications and an API, fixed so that examples can be pasted. So it never leaves loopback."""

from base64 import b32decode
from dataclasses import dataclass

from gatelodge.grants import GRANTS
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.protocol.device import GRANT_TYPE
from gatelodge.protocol.token_exchange import GRANT_TYPE as EXCHANGE
from gatelodge.protocol.workload import GRANT_TYPE as JWT_BEARER
from gatelodge.protocol.workload import TrustedIssuer
from gatelodge.stores.users import NewUser

ORDERS = {"orders:read": "See your orders", "orders:write": "Place and change orders for you"}
SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "offline_access", *ORDERS})
LEGACY_RESPONSE_TYPES = frozenset(
    {"code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}
)
EVERY_GRANT = frozenset({"implicit", *(grant.grant_type for grant in GRANTS)})
API_PATH = "/demo/api"
PLAYGROUND, PLAYGROUND_PUBLIC = "playground", "playground-public"
WORKLOAD = "job:nightly"
PLAYGROUND_SECRET = "playground-secret"
PLAYGROUND_SCOPES = frozenset({"openid", "profile", "email", "offline_access", "orders:read"})


SECRETS = {
    name: f"{name}-secret" for name in ("demo-web", "demo-daemon", "demo-agent", "demo-legacy")
}  # everybody knows them

COMMANDS = (
    ("what this server can do", "curl -s {issuer}/.well-known/openid-configuration"),
    (
        "a nightly job gets a token for the demo's API",
        "TOKEN=$(curl -s -u {daemon} {issuer}/token -d grant_type=client_credentials |\n"
        "    python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])')",
    ),
    ("what the token says", "curl -s -u {daemon} {issuer}/introspect -d token=$TOKEN"),
)


def commands(issuer: str) -> list[tuple[str, str]]:
    """Return three commands to try against a demo at `issuer`, and what each does."""
    daemon = f"demo-daemon:{SECRETS['demo-daemon']}"
    return [(says, command.format(issuer=issuer, daemon=daemon)) for says, command in COMMANDS]


def shown(issuer: str) -> dict[str, object]:
    """Return what the home page of a demo at `issuer` tells of it."""
    told = "\n\n".join(f"# {says}\n{command}" for says, command in commands(issuer))
    return {"commands": told, "people": PEOPLE, "secrets": SECRETS}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person and the password everybody knows. `app` is the key of their authenticator app, if they have one."""

    new: NewUser
    password: str
    app: str = ""

    @property
    def seed(self) -> bytes:
        """The key as an authenticator app has it."""
        return b32decode(self.app.replace(" ", ""))


PEOPLE = (
    DemoPerson(
        NewUser(
            sub="demo-alice",
            username="alice",
            email="alice@example.com",
            email_verified=True,
            name="Alice Liddell",
            claims={
                "given_name": "Alice",
                "family_name": "Liddell",
                "middle_name": "Pleasance",
                "nickname": "Al",
                "gender": "female",
                "birthdate": "1852-05-04",
                "website": "https://example.com/alice",
                "profile": "https://example.com/alice/about",
                "picture": "https://example.com/alice/portrait.jpg",
                "zoneinfo": "Europe/London",
                "locale": "en-GB",
                "phone_number": "+44 20 7946 0001",
                "phone_number_verified": True,
                "address": {
                    "formatted": "1 Christ Church\nOxford OX1 1DP\nUnited Kingdom",
                    "street_address": "1 Christ Church",
                    "locality": "Oxford",
                    "region": "Oxfordshire",
                    "postal_code": "OX1 1DP",
                    "country": "United Kingdom",
                },
            },
        ),
        "wonderland",
    ),
    DemoPerson(
        NewUser(
            sub="demo-bob",
            username="bob",
            email="bob@example.com",
            email_verified=True,
            name="Bob Baumeister",
            claims={
                "given_name": "Bob",
                "family_name": "Baumeister",
                "nickname": "Bobby",
                "gender": "male",
                "birthdate": "1998-11-28",
                "website": "https://example.com/bob",
                "profile": "https://example.com/bob/about",
                "picture": "https://example.com/bob/portrait.jpg",
                "zoneinfo": "Europe/Berlin",
                "locale": "de-DE",
                "phone_number": "+49 30 901820",
                "phone_number_verified": True,
                "address": {
                    "formatted": "Hammerweg 7\n10115 Berlin\nDeutschland",
                    "street_address": "Hammerweg 7",
                    "locality": "Berlin",
                    "region": "Berlin",
                    "postal_code": "10115",
                    "country": "Deutschland",
                },
            },
        ),
        "builder",
        app="GATE LODG EDEM OBOB SAUT HENT ICAT ORAP",
    ),
)


def api(issuer: str) -> Api:
    """Return the orders API of a demo at `issuer`; it asks about its tokens in the name of the playground, and
    `demo-web`, `demo-daemon` and `demo-agent` may, too."""
    introspectors = frozenset({"demo-web", "demo-daemon", "demo-agent", PLAYGROUND})
    return Api(issuer + API_PATH, "Demo orders", ORDERS, introspectors=introspectors)


def workload_issuer(issuer: str) -> str:
    """Return who vouches for the workload of the playground of this server: a part of the playground."""
    return issuer + "/playground/workloads"


def trusted(issuer: str) -> TrustedIssuer:
    """Return the same as an operator trusts it."""
    where = workload_issuer(issuer)
    return TrustedIssuer(name=PLAYGROUND, kind="other", issuer=where, jwks_uri=where + "/jwks")


def clients(issuer: str) -> tuple[Client, ...]:
    """Return the applications of a demo at `issuer`."""
    playground = playground_clients(issuer, PLAYGROUND_SECRET, EVERY_GRANT, LEGACY_RESPONSE_TYPES)
    return (_web(issuer), _spa(issuer), _native(), _daemon(), _agent(issuer), _legacy(issuer), *playground)


def playground_clients(
    issuer: str, secret: str, grants: frozenset[str], response_types: frozenset[str]
) -> tuple[Client, Client]:
    """Return the playground's sample application, with a secret and without; it is called back there and only there.

    `grants` are for the one with a secret, besides those that need no switch.
    """
    callback = (issuer + "/playground/callback",)
    confidential = Client(
        id=PLAYGROUND,
        name="Playground",
        type="web",
        auth_method="client_secret_basic",
        secrets=_secret(secret),
        redirect_uris=callback,
        post_logout_redirect_uris=(issuer + "/playground/logout",),
        backchannel_logout_uri=issuer + "/playground/backchannel-logout",
        grants=frozenset({"authorization_code", "refresh_token", "client_credentials", EXCHANGE, JWT_BEARER}) | grants,
        response_types=response_types,
        scopes=PLAYGROUND_SCOPES,
        exchange_subjects=frozenset({"access_token"}),
        exchange_audiences=frozenset({issuer + API_PATH}),
        workloads=(f"playground sub={WORKLOAD}",),
    )
    public = Client(
        id=PLAYGROUND_PUBLIC,
        name="Playground, without a secret",
        type="spa",
        auth_method="none",
        redirect_uris=callback,
        grants=frozenset({"authorization_code", "refresh_token"}),
        response_types=frozenset({"code"}),
        scopes=PLAYGROUND_SCOPES,
    )
    return confidential, public


def _web(issuer: str) -> Client:
    return Client(
        id="demo-web",
        name="Demo web shop",
        type="web",
        auth_method="client_secret_basic",
        secrets=_secret(SECRETS["demo-web"]),
        redirect_uris=(issuer + "/demo/web/callback",),
        post_logout_redirect_uris=(issuer + "/demo/web",),
        backchannel_logout_uri=issuer + "/demo/web/backchannel-logout",
        grants=frozenset({"authorization_code", "refresh_token"}),
        response_types=frozenset({"code"}),
        scopes=SCOPES,
    )


def _spa(issuer: str) -> Client:
    return Client(
        id="demo-spa",
        name="Demo single-page app",
        type="spa",
        auth_method="none",
        redirect_uris=(issuer + "/demo/spa/callback",),
        post_logout_redirect_uris=(issuer + "/demo/spa",),
        grants=frozenset({"authorization_code", "refresh_token"}),
        response_types=frozenset({"code"}),
        scopes=SCOPES,
    )


def _native() -> Client:
    return Client(
        id="demo-native",
        name="Demo command-line app",
        type="native",
        auth_method="none",
        redirect_uris=("http://127.0.0.1/callback",),  # any port (RFC 8252 7.3)
        grants=frozenset({"authorization_code", "refresh_token", GRANT_TYPE}),
        response_types=frozenset({"code"}),
        scopes=SCOPES,
    )


def _daemon() -> Client:
    return Client(
        id="demo-daemon",
        name="Demo nightly job",
        type="service",
        auth_method="client_secret_basic",
        secrets=_secret(SECRETS["demo-daemon"]),
        grants=frozenset({"client_credentials"}),
        scopes=frozenset({"orders:read"}),
    )


def _agent(issuer: str) -> Client:
    return Client(
        id="demo-agent",
        name="Demo assistant",
        type="service",
        auth_method="client_secret_basic",
        secrets=_secret(SECRETS["demo-agent"]),
        grants=frozenset({EXCHANGE}),
        scopes=frozenset({"orders:read"}),
        exchange_subjects=frozenset({"access_token"}),
        exchange_audiences=frozenset({issuer + API_PATH}),
    )


def _legacy(issuer: str) -> Client:
    return Client(
        id="demo-legacy",
        name="Demo legacy app",
        type="web",
        auth_method="client_secret_basic",
        secrets=_secret(SECRETS["demo-legacy"]),
        redirect_uris=(issuer + "/demo/legacy/callback",),
        post_logout_redirect_uris=(issuer + "/demo/legacy",),
        grants=frozenset({"authorization_code", "refresh_token", "password", "implicit"}),
        response_types=LEGACY_RESPONSE_TYPES,
        scopes=SCOPES,
    )


def _secret(secret: str) -> tuple[ClientSecret, ...]:
    return (ClientSecret(client_secret_digest(secret)),)
