"""Auth0, with its own token profile and with that of RFC 9068."""

from gatelodge.resource.profiles.contract import Claims, Profile, demand, has_hash, names, says_access_token


class Auth0(Profile):
    """`typ` is `at+jwt`; or there is `azp`, which is not in `aud`, with `scope` or `gty`, and no `nonce`."""

    name = "auth0"
    clients = ("client_id", "azp")

    def check(self, header: Claims, claims: Claims) -> None:
        demand(not has_hash(claims))
        if says_access_token(header):
            return
        demand("azp" in claims and not names(claims.get("aud"), claims["azp"]))
        demand("scope" in claims or "gty" in claims)
        demand("nonce" not in claims)

    def is_machine(self, claims: Claims, client_id: str) -> bool:
        return claims.get("gty") == "client-credentials" or claims.get("sub") == f"{client_id}@clients"
