"""Every other server whose access tokens are JWTs: Duende IdentityServer, and many more."""

from gatelodge.resource.profiles.contract import Claims, Profile, demand, has_hash, names, says_access_token


class Jwt(Profile):
    """`typ` is `at+jwt`; or there is `scope` or `scp`, and the client is not in `aud`. In both cases no `nonce` and no
    `events`, and no claim `typ` or `token_use` of another kind.

    The client is in `client_id`, `azp`, `cid` or `appid`. A token without `sub` is about the client itself.
    """

    name = "jwt"
    types = Profile.types | {""}
    clients = ("client_id", "azp", "cid", "appid")

    def check(self, header: Claims, claims: Claims) -> None:
        demand(not has_hash(claims) and "nonce" not in claims and "events" not in claims)
        demand(claims.get("token_use", "access") == "access" and claims.get("typ", "Bearer") == "Bearer")
        if says_access_token(header):
            return
        demand("scope" in claims or "scp" in claims)
        demand(not names(claims.get("aud"), self.client_id(claims)))

    def subject(self, claims: Claims) -> object:
        return claims["sub"] if "sub" in claims else self.client_id(claims)

    def scope(self, claims: Claims) -> object:
        return claims["scope"] if "scope" in claims else claims.get("scp")

    def is_machine(self, claims: Claims, client_id: str) -> bool:
        return "sub" not in claims or super().is_machine(claims, client_id)
