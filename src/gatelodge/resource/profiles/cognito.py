"""Amazon Cognito user pools, whose access tokens say for which client they are and mostly not for which API."""

from gatelodge.resource.profiles.contract import Claims, Profile, demand, has_hash


class Cognito(Profile):
    """`token_use` is `access`; in ID tokens it is `id`. Without `aud`, `client_id` is compared with the audience."""

    name = "cognito"
    types = Profile.types | {""}
    clients = ("client_id",)

    def check(self, header: Claims, claims: Claims) -> None:
        demand(claims.get("token_use") == "access")
        demand(not has_hash(claims))

    def audience(self, claims: Claims) -> object:
        return claims["aud"] if "aud" in claims else claims.get("client_id")
