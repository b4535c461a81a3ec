"""Tokens as the world's providers write them: header and claims as recorded or documented, names made up.

`ACCESS` are access tokens of an API, `IDENTITY` the ID tokens of the same sign-ins. Times are put in when one is
signed. Those of Keycloak 26.5 and dex were taken from running servers, the others from the providers' own
documentation.
"""

from dataclasses import dataclass
from typing import Any

API = "https://api.example.com/orders"
TENANT = "4b1fa0f3-862b-4951-a3a8-df1c72935c79"
ENTRA_API = "8ebbea06-f01e-4f94-8254-32da2e94c240"  # the API's own application id
ENTRA_APP = "6e74172b-be56-4843-9ff4-e66a39bb12e3"

ENTRA_V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0"
ENTRA_V1 = f"https://sts.windows.net/{TENANT}/"
B2C = f"https://contoso.b2clogin.com/{TENANT}/v2.0/"
AUTH0 = "https://example.eu.auth0.com/"
OKTA = "https://example.okta.com/oauth2/default"
OKTA_ORG = "https://example.okta.com"
KEYCLOAK = "https://sso.example.com/realms/shop"
COGNITO = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E"
DUENDE = "https://identity.example.com"
GOOGLE = "https://accounts.google.com"
DEX = "https://dex.example.com"

Claims = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """One token; `audience` is what the API calls itself, the rest is what its `Principal` must say."""

    profile: str
    issuer: str
    header: Claims
    claims: Claims
    audience: str = API
    sub: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    is_machine: bool = False


_JWT = {"typ": "JWT", "alg": "RS256"}
_AT = {"typ": "at+jwt", "alg": "RS256"}
_BARE = {"alg": "RS256"}

_ENTRA_PERSON: Claims = {
    "aio": "AWQAm/8XAAAAPG9SheyqcZONBaWFrBLTrYCZvTRTV8gRh3Bklxy7HQ==",
    "name": "Alice Example",
    "oid": "bf6c3c10-5aad-4cd8-b54c-f9083925e7e3",
    "rh": "0.ATAA86AfSyuGUUmjqN8ccpNceQbqu44e8JRPglQy2i6UwkAwAGo.",
    "sub": "MiVyAiU0Q9B7caSpyCvvge63H6Ohve2hED15NmFfx1s",
    "tid": TENANT,
    "uti": "Ats0cwbTrk6Dfs2WbHwNAA",
}
_ENTRA_APP: Claims = {
    "aio": "E2ZgYDgs2bNpz5mPAA==",
    "oid": "0f3e3b0c-8a9e-4f43-9a3c-1d1f3a5f7f10",
    "rh": "0.ATAA86AfSyuGUUmjqN8ccpNceQbqu44e8JRPglQy2i6UwkAwAAA.",
    "sub": "0f3e3b0c-8a9e-4f43-9a3c-1d1f3a5f7f10",
    "tid": TENANT,
    "uti": "b5nJ3yrNMUiyj2F1wHoKAA",
}
_KEYCLOAK_ROLES: Claims = {
    "realm_access": {"roles": ["offline_access", "default-roles-shop", "uma_authorization"]},
    "resource_access": {"account": {"roles": ["manage-account", "manage-account-links", "view-profile"]}},
}
_KEYCLOAK_PERSON: Claims = {
    "sub": "d0f6b679-47da-47a8-af03-9a095bbda452",
    "azp": "web",
    "sid": "eIjl1l1-BGUZnEVI31RHB2c3",
    "acr": "1",
    "email_verified": True,
    "name": "Alice Example",
    "preferred_username": "alice",
    "given_name": "Alice",
    "family_name": "Example",
    "email": "alice@example.com",
}
_KEYCLOAK_ACCESS: Claims = {
    **_KEYCLOAK_PERSON,
    **_KEYCLOAK_ROLES,
    "jti": "onrtro:a1fa832f-3d0a-9873-c8ca-978d2fe1e1a9",
    "aud": [API, "account"],
    "typ": "Bearer",
    "scope": "openid orders:read email profile",
}

ACCESS: dict[str, Shape] = {
    "Entra 2.0, a person": Shape(
        "entra",
        ENTRA_V2,
        _JWT,
        {
            **_ENTRA_PERSON,
            "aud": ENTRA_API,
            "azp": ENTRA_APP,
            "azpacr": "0",
            "preferred_username": "alice@example.com",
            "roles": ["Admin"],
            "scp": "Orders.Read Orders.Write",
            "ver": "2.0",
        },
        audience=ENTRA_API,
        sub="MiVyAiU0Q9B7caSpyCvvge63H6Ohve2hED15NmFfx1s",
        client_id=ENTRA_APP,
        scopes=("Orders.Read", "Orders.Write"),
    ),
    "Entra 2.0, an app that is API and client in one": Shape(
        "entra",
        ENTRA_V2,
        _JWT,
        {**_ENTRA_PERSON, "aud": ENTRA_API, "azp": ENTRA_API, "azpacr": "1", "scp": "access_as_user", "ver": "2.0"},
        audience=ENTRA_API,
        sub="MiVyAiU0Q9B7caSpyCvvge63H6Ohve2hED15NmFfx1s",
        client_id=ENTRA_API,
        scopes=("access_as_user",),
    ),
    "Entra 2.0, a machine": Shape(
        "entra",
        ENTRA_V2,
        _JWT,
        {**_ENTRA_APP, "aud": ENTRA_API, "azp": ENTRA_APP, "azpacr": "1", "roles": ["Orders.Read.All"], "ver": "2.0"},
        audience=ENTRA_API,
        sub="0f3e3b0c-8a9e-4f43-9a3c-1d1f3a5f7f10",
        client_id=ENTRA_APP,
        scopes=("Orders.Read.All",),
        is_machine=True,
    ),
    "Entra 1.0, a person": Shape(
        "entra",
        ENTRA_V1,
        _JWT | {"x5t": "H9nj5AOSswMphg1SFx7jaV-lB9w"},
        {
            **_ENTRA_PERSON,
            "aud": "api://orders",
            "acr": "1",
            "amr": ["pwd", "mfa"],
            "appid": ENTRA_APP,
            "appidacr": "0",
            "ipaddr": "192.0.2.7",
            "scp": "Orders.Read",
            "unique_name": "alice@example.com",
            "upn": "alice@example.com",
            "ver": "1.0",
        },
        audience="api://orders",
        sub="MiVyAiU0Q9B7caSpyCvvge63H6Ohve2hED15NmFfx1s",
        client_id=ENTRA_APP,
        scopes=("Orders.Read",),
    ),
    "Entra 1.0, a machine": Shape(
        "entra",
        ENTRA_V1,
        _JWT | {"x5t": "H9nj5AOSswMphg1SFx7jaV-lB9w"},
        {**_ENTRA_APP, "aud": "api://orders", "appid": ENTRA_APP, "appidacr": "2", "idtyp": "app", "ver": "1.0"},
        audience="api://orders",
        sub="0f3e3b0c-8a9e-4f43-9a3c-1d1f3a5f7f10",
        client_id=ENTRA_APP,
        is_machine=True,
    ),
    "Azure AD B2C, a person": Shape(
        "entra",
        B2C,
        _JWT,
        {
            "aud": ENTRA_API,
            "oid": "1558f87f-452b-4757-bcd1-883bbbba4a47",
            "sub": "1558f87f-452b-4757-bcd1-883bbbba4a47",
            "name": "Alice",
            "tfp": "B2C_1_signupsignin1",
            "nonce": "anyRandomValue",
            "scp": "read",
            "azp": ENTRA_APP,
            "ver": "1.0",
        },
        audience=ENTRA_API,
        sub="1558f87f-452b-4757-bcd1-883bbbba4a47",
        client_id=ENTRA_APP,
        scopes=("read",),
    ),
    "Auth0, a person": Shape(
        "auth0",
        AUTH0,
        _JWT,
        {
            "sub": "auth0|6553da60a54af58e29493993",
            "aud": [API, f"{AUTH0}userinfo"],
            "azp": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
            "scope": "openid profile orders:read",
            "permissions": ["orders:read"],
        },
        sub="auth0|6553da60a54af58e29493993",
        client_id="K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
        scopes=("openid", "profile", "orders:read"),
    ),
    "Auth0, a machine without scopes": Shape(
        "auth0",
        AUTH0,
        _JWT,
        {
            "sub": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients",
            "aud": API,
            "gty": "client-credentials",
            "azp": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
        },
        sub="awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients",
        client_id="awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
        is_machine=True,
    ),
    "Auth0 with RFC 9068, a person": Shape(
        "auth0",
        AUTH0,
        _AT,
        {
            "sub": "auth0|6553da60a54af58e29493993",
            "aud": [API, f"{AUTH0}userinfo"],
            "client_id": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
            "jti": "73WakrfVbNJBaAmhQtEeDv",
            "scope": "openid orders:read",
        },
        sub="auth0|6553da60a54af58e29493993",
        client_id="K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
        scopes=("openid", "orders:read"),
    ),
    "Auth0 with RFC 9068, a machine": Shape(
        "auth0",
        AUTH0,
        _AT,
        {
            "sub": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients",
            "aud": API,
            "client_id": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
            "jti": "N4fWpL9yQzVbD2kTjS6mXc",
            "scope": "orders:read",
        },
        sub="awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients",
        client_id="awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
        scopes=("orders:read",),
        is_machine=True,
    ),
    "Okta, a person": Shape(
        "okta",
        OKTA,
        _BARE,
        {
            "ver": 1,
            "jti": "AT.NovJtQ_NrJ6cgy3h1-638ArovwYXWslu0teQ2M3Ux9c",
            "aud": "api://default",
            "acr": "urn:okta:loa:1fa:any",
            "cid": "0oa48e74ox4t7mQJX0g7",
            "uid": "00u47ijy7sRLaeSdC0g7",
            "scp": ["openid", "orders:read"],
            "sub": "alice@example.com",
        },
        audience="api://default",
        sub="alice@example.com",
        client_id="0oa48e74ox4t7mQJX0g7",
        scopes=("openid", "orders:read"),
    ),
    "Okta, a machine": Shape(
        "okta",
        OKTA,
        _BARE,
        {
            "ver": 1,
            "jti": "AT.-DVBDB63tr7t34AlwXR_y3zT_mHZWpGPWxholPDGLfI",
            "aud": "api://default",
            "cid": "0oaldbk7ys8px41Gy5d7",
            "scp": ["orders:read"],
            "sub": "0oaldbk7ys8px41Gy5d7",
        },
        audience="api://default",
        sub="0oaldbk7ys8px41Gy5d7",
        client_id="0oaldbk7ys8px41Gy5d7",
        scopes=("orders:read",),
        is_machine=True,
    ),
    "Keycloak, a person": Shape(
        "keycloak",
        KEYCLOAK,
        _JWT,
        _KEYCLOAK_ACCESS,
        sub="d0f6b679-47da-47a8-af03-9a095bbda452",
        client_id="web",
        scopes=("openid", "orders:read", "email", "profile"),
    ),
    "Keycloak with the type of RFC 9068, a person": Shape(
        "keycloak",
        KEYCLOAK,
        _AT,
        _KEYCLOAK_ACCESS,
        sub="d0f6b679-47da-47a8-af03-9a095bbda452",
        client_id="web",
        scopes=("openid", "orders:read", "email", "profile"),
    ),
    "Keycloak, a machine": Shape(
        "keycloak",
        KEYCLOAK,
        _JWT,
        {
            **_KEYCLOAK_ROLES,
            "jti": "trrtcc:7f359701-93d1-1898-8afd-fd4ef8314d11",
            "aud": [API, "account"],
            "sub": "276a35d2-5c95-4831-8cbe-65ddd26fb9a6",
            "typ": "Bearer",
            "azp": "web",
            "acr": "1",
            "scope": "orders:read email profile",
            "email_verified": False,
            "clientHost": "127.0.0.1",
            "preferred_username": "service-account-web",
            "clientAddress": "127.0.0.1",
            "client_id": "web",
        },
        sub="276a35d2-5c95-4831-8cbe-65ddd26fb9a6",
        client_id="web",
        scopes=("orders:read", "email", "profile"),
        is_machine=True,
    ),
    "Cognito, a person": Shape(
        "cognito",
        COGNITO,
        _BARE,
        {
            "sub": "c27a05a2-4ce1-4173-be51-9bbc3fe65a0a",
            "cognito:groups": ["admins"],
            "version": 2,
            "client_id": "617jkna9pqeg8rmgtg9uv4e6j4",
            "origin_jti": "2a1c9dd5-2b53-4c0e-a6a8-1c0f9c5d2c11",
            "event_id": "ce82b157-abd7-11e8-a0b2-f197cbb44c95",
            "token_use": "access",
            "scope": "openid orders/read",
            "jti": "d49208e7-e619-40c7-a0b4-bb3c9607effa",
            "username": "alice",
        },
        audience="617jkna9pqeg8rmgtg9uv4e6j4",
        sub="c27a05a2-4ce1-4173-be51-9bbc3fe65a0a",
        client_id="617jkna9pqeg8rmgtg9uv4e6j4",
        scopes=("openid", "orders/read"),
    ),
    "Cognito, a machine": Shape(
        "cognito",
        COGNITO,
        _BARE,
        {
            "sub": "3h5ql2q0m2d8u1o1v9k7c6b5a4",
            "version": 2,
            "client_id": "3h5ql2q0m2d8u1o1v9k7c6b5a4",
            "token_use": "access",
            "scope": "orders/read",
            "jti": "7c7b8f4f-6f7e-4c33-8f0a-0c5d0a3f2e19",
        },
        audience="3h5ql2q0m2d8u1o1v9k7c6b5a4",
        sub="3h5ql2q0m2d8u1o1v9k7c6b5a4",
        client_id="3h5ql2q0m2d8u1o1v9k7c6b5a4",
        scopes=("orders/read",),
        is_machine=True,
    ),
    "Cognito bound to an API": Shape(
        "cognito",
        COGNITO,
        _BARE,
        {
            "sub": "c27a05a2-4ce1-4173-be51-9bbc3fe65a0a",
            "aud": API,
            "client_id": "617jkna9pqeg8rmgtg9uv4e6j4",
            "token_use": "access",
            "scope": "orders/read",
            "username": "alice",
        },
        sub="c27a05a2-4ce1-4173-be51-9bbc3fe65a0a",
        client_id="617jkna9pqeg8rmgtg9uv4e6j4",
        scopes=("orders/read",),
    ),
    "Duende, a person": Shape(
        "jwt",
        DUENDE,
        _AT,
        {
            "aud": API,
            "scope": ["openid", "orders.read"],
            "amr": ["pwd"],
            "client_id": "interactive",
            "sub": "818727",
            "idp": "local",
            "sid": "F31C0BC37D0E1ED7FA5A8D4DE5E3A4B1",
            "jti": "8E1C3B0A9B5F4E6D8C7A6B5C4D3E2F10",
        },
        sub="818727",
        client_id="interactive",
        scopes=("openid", "orders.read"),
    ),
    "Duende of an older configuration, a machine": Shape(
        "jwt",
        DUENDE,
        _JWT,
        {"aud": API, "client_id": "m2m", "scope": ["orders.read"], "jti": "1F0E9D8C7B6A594837261504F3E2D1C0"},
        sub="m2m",
        client_id="m2m",
        scopes=("orders.read",),
        is_machine=True,
    ),
    "Any server, with parts of seconds": Shape(
        "jwt",
        "https://auth.example.com",
        _BARE,
        {"aud": [API], "sub": "alice", "azp": "web", "scp": ["orders:read"], "auth_time": 1_799_999_000.25},
        sub="alice",
        client_id="web",
        scopes=("orders:read",),
    ),
}

# Where the audience is the client, as it is in an ID token.
IDENTITY: dict[str, Shape] = {
    "Entra 2.0": Shape(
        "entra",
        ENTRA_V2,
        _JWT,
        {
            **_ENTRA_PERSON,
            "aud": ENTRA_API,
            "nonce": "678910",
            "preferred_username": "alice@example.com",
            "roles": ["Orders.Read.All"],
            "ver": "2.0",
        },
        audience=ENTRA_API,
    ),
    "Entra 1.0": Shape(
        "entra",
        ENTRA_V1,
        _JWT,
        {**_ENTRA_PERSON, "aud": ENTRA_API, "amr": ["pwd"], "unique_name": "alice@example.com", "ver": "1.0"},
        audience=ENTRA_API,
    ),
    "Azure AD B2C": Shape(
        "entra",
        B2C,
        _JWT,
        {
            "ver": "1.0",
            "sub": "1558f87f-452b-4757-bcd1-883bbbba4a47",
            "aud": ENTRA_API,
            "nonce": "defaultNonce",
            "auth_time": 1_799_999_900,
            "name": "Alice",
            "tfp": "B2C_1_signupsignin1",
        },
        audience=ENTRA_API,
    ),
    "Auth0": Shape(
        "auth0",
        AUTH0,
        _JWT,
        {
            "nickname": "alice",
            "name": "alice@example.com",
            "updated_at": "2026-11-29T08:00:00.000Z",
            "aud": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
            "sub": "auth0|6553da60a54af58e29493993",
            "sid": "bKJwvpCmlKqHcuTqaxzZYRG8BBQVhEpf",
            "nonce": "aGVsbG8",
        },
        audience="K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
    ),
    "Okta": Shape(
        "okta",
        OKTA,
        _BARE,
        {
            "sub": "00u47ijy7sRLaeSdC0g7",
            "ver": 1,
            "aud": "0oa48e74ox4t7mQJX0g7",
            "jti": "ID.dz6ibX-YnBNlt14huAtBULam_Z0_wPG0ig5SWCy8XQU",
            "amr": ["pwd"],
            "acr": "urn:okta:loa:1fa:any",
            "idp": "00o47ijbqfgnq5gj00g7",
            "auth_time": 1_799_999_900,
            "at_hash": "w6BLQV3642TKWvaVwTAJuw",
        },
        audience="0oa48e74ox4t7mQJX0g7",
    ),
    "Keycloak": Shape(
        "keycloak",
        KEYCLOAK,
        _JWT,
        {
            **_KEYCLOAK_PERSON,
            "jti": "70d94c86-ed79-4692-c9b9-027e86cfde4f",
            "aud": "web",
            "typ": "ID",
            "at_hash": "yVkaunoXr4y296bM-mH1rw",
        },
        audience="web",
    ),
    "Keycloak, of its token endpoint alone": Shape(
        "keycloak",
        KEYCLOAK,
        _JWT,
        {**_KEYCLOAK_PERSON, **_KEYCLOAK_ROLES, "aud": ["web", API], "typ": "ID"},
    ),
    "Cognito": Shape(
        "cognito",
        COGNITO,
        _BARE,
        {
            "sub": "c27a05a2-4ce1-4173-be51-9bbc3fe65a0a",
            "aud": "617jkna9pqeg8rmgtg9uv4e6j4",
            "event_id": "ce82b157-abd7-11e8-a0b2-f197cbb44c95",
            "token_use": "id",
            "auth_time": 1_799_999_900,
            "cognito:username": "alice",
            "email": "alice@example.com",
        },
        audience="617jkna9pqeg8rmgtg9uv4e6j4",
    ),
    "Duende": Shape(
        "jwt",
        DUENDE,
        _JWT,
        {"aud": "interactive", "amr": ["pwd"], "sub": "818727", "idp": "local", "sid": "F31C0BC37D0E1ED7"},
        audience="interactive",
    ),
    "Google": Shape(
        "jwt",
        GOOGLE,
        _JWT,
        {
            "azp": "1234987819200.apps.googleusercontent.com",
            "aud": "1234987819200.apps.googleusercontent.com",
            "sub": "10769150350006150715113082367",
            "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
            "email": "alice@example.com",
            "email_verified": True,
        },
        audience="1234987819200.apps.googleusercontent.com",
    ),
    "Google, of a service account for an API": Shape(
        "jwt",
        GOOGLE,
        _JWT,
        {"aud": API, "azp": "102837465564738291019", "sub": "102837465564738291019", "email": "job@example.com"},
    ),
    "dex, whose access tokens are written the same": Shape(
        "jwt",
        DEX,
        _BARE,
        {
            "sub": "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs",
            "aud": "web",
            "jti": "17269491-e20f-44e0-80c8-ff435d8c151e",
            "at_hash": "yo_F5qqIx6FH_uPg7sTruA",
            "email": "alice@example.com",
            "email_verified": True,
            "name": "alice",
        },
        audience="web",
    ),
    "one that names the client and its audience alike": Shape(
        "jwt", "https://auth.example.com", _JWT, {"aud": "web", "azp": "web", "sub": "alice", "scope": "openid"}, "web"
    ),
}
