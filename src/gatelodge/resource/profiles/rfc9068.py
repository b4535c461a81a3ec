"""RFC 9068: Gatelodge, and every server that follows the standard."""

from gatelodge.protocol.access_token import TYPE
from gatelodge.resource.profiles.contract import Claims, Profile


class Rfc9068(Profile):
    """`typ` is `at+jwt`, which no ID token says."""

    name = "rfc9068"
    types = frozenset({TYPE})
    clients = ("client_id",)

    def check(self, header: Claims, claims: Claims) -> None:
        pass
