"""Keycloak, with and without its switch for the type of RFC 9068, which leaves the claims as they are."""

from gatelodge.resource.profiles.contract import Claims, Profile, demand, has_hash


class Keycloak(Profile):
    """The claim `typ` is `Bearer` (`DPoP` for one bound to a key); in ID tokens it is `ID`."""

    name = "keycloak"
    clients = ("azp",)

    def check(self, header: Claims, claims: Claims) -> None:
        demand(claims.get("typ") in ("Bearer", "DPoP"))
        demand(not has_hash(claims))

    def is_machine(self, claims: Claims, client_id: str) -> bool:
        """Each client has an account of its own for this, in which nobody signs in."""
        return claims.get("preferred_username") == f"service-account-{client_id.lower()}" and "sid" not in claims
