"""Okta, tokens of custom authorization servers; those of an organization's own server are for Okta alone."""

from gatelodge.resource.profiles.contract import Claims, Profile, demand, has_hash


class Okta(Profile):
    """There are `cid` and `scp`, which are in access tokens alone; `jti` does not begin with `ID.`; no `nonce`."""

    name = "okta"
    types = Profile.types | {""}
    clients = ("cid",)

    def check(self, header: Claims, claims: Claims) -> None:
        demand("cid" in claims and "scp" in claims)
        demand(not str(claims.get("jti", "")).startswith("ID."))
        demand("nonce" not in claims and not has_hash(claims))

    def scope(self, claims: Claims) -> object:
        return claims.get("scp")

    def is_machine(self, claims: Claims, client_id: str) -> bool:
        return claims.get("sub") == client_id and "uid" not in claims
