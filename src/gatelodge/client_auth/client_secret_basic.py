"""client_secret_basic: id and secret in the Authorization header (RFC 6749 2.3.1, RFC 7617)."""

import re
from binascii import Error as BadBase64
from binascii import a2b_base64, b2a_base64
from urllib.parse import unquote_plus

from gatelodge.client_auth.contract import Means, Method, NotProven, PresentedProof
from gatelodge.client_auth.secrets import check_secret, takes_secret
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import Params

_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class ClientSecretBasic(Method[str]):
    """A secret in the header. A public client may send an empty one, as some device clients do."""

    name = "client_secret_basic"

    def read(self, params: Params, authorization: str | None) -> PresentedProof[str] | None:
        if authorization is None:
            return None
        client_id, secret = parse_basic(authorization)
        return PresentedProof(client_id, secret)

    def serves(self, client: Client, presented: PresentedProof[str]) -> bool:
        return takes_secret(client, self.name) or (client.is_public and not presented.proof)

    async def check(self, presented: PresentedProof[str], client: Client | None, means: Means) -> None:
        if client is None or not client.is_public:
            check_secret(client, presented.proof, means.clock.now())


def parse_basic(authorization: str) -> tuple[str, str]:
    """Return the id and the secret of an Authorization header. Raises `NotProven` for anything but canonical Basic."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise NotProven(rules.CLIENT_BASIC)
    client_id, colon, secret = _decoded(credentials).partition(":")
    if not colon:
        raise NotProven(rules.CLIENT_BASIC)
    return _form_decoded(client_id), _form_decoded(secret)


def _decoded(credentials: str) -> str:
    """Decode the one canonical base64 of printable UTF-8: no spaces, no missing padding, nothing after it."""
    try:
        raw = credentials.encode("ascii")
        text = a2b_base64(raw)
        decoded = text.decode("utf-8")
    except (BadBase64, ValueError):
        raise NotProven(rules.CLIENT_BASIC) from None
    if b2a_base64(text, newline=False) != raw or not decoded.isprintable():
        raise NotProven(rules.CLIENT_BASIC)
    return decoded


def _form_decoded(value: str) -> str:
    """Undo `application/x-www-form-urlencoded`, which RFC 6749 puts under the base64."""
    if "%" not in value and "+" not in value:
        return value
    if _BROKEN_ESCAPE.search(value):
        raise NotProven(rules.CLIENT_BASIC)
    try:
        decoded = unquote_plus(value, errors="strict")
    except ValueError:
        raise NotProven(rules.CLIENT_BASIC) from None
    if not decoded.isprintable():
        raise NotProven(rules.CLIENT_BASIC)
    return decoded
