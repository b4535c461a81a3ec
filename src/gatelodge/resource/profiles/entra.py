"""Microsoft Entra ID, tokens of version 1.0 and 2.0, External ID, and Azure AD B2C."""

from gatelodge.resource.profiles.contract import Claims, Profile, demand, has_hash


class Entra(Profile):
    """There is `azp` or `appid`, and with it `azpacr`, `appidacr` or `scp`, which are in access tokens alone.

    `tid`, the tenant, must be the one in the issuer. Scopes are `scp`; those of a token without a person are its
    application permissions, `roles`.
    """

    name = "entra"
    clients = ("azp", "appid")

    def check(self, header: Claims, claims: Claims) -> None:
        demand("azpacr" in claims or "appidacr" in claims or "scp" in claims)
        demand(not has_hash(claims))
        tenant = claims.get("tid")
        demand(tenant is None or (tenant != "" and tenant in str(claims.get("iss")).split("/")[3:]))

    def scope(self, claims: Claims) -> object:
        return claims.get("scp", claims.get("roles"))

    def is_machine(self, claims: Claims, client_id: str) -> bool:
        return claims.get("idtyp") == "app" or "scp" not in claims
