"""Whether a secret is a client's: one of at most two that work at a time."""

from gatelodge.client_auth.contract import NotProven
from gatelodge.keys.secrets import client_secret_digest, same
from gatelodge.protocol import rules
from gatelodge.protocol.client import AuthMethod, Client

_DECOYS = (bytes(32),)


def takes_secret(client: Client, method: AuthMethod) -> bool:
    """Whether a client's secret is taken in this way: in the registered one, and in the other unless that is fixed."""
    return client.auth_method == method or (client.keeps_secret and not client.auth_fixed)


def check_secret(client: Client | None, secret: str, now: int) -> None:
    """Raise `NotProven` unless `secret` is one of the client's that still works. `None` takes as long."""
    given = client_secret_digest(secret)
    known = _working(client, now) if client is not None else ()
    found = [same(digest, given) for digest in known or _DECOYS]
    if not known or not any(found):
        raise NotProven(rules.CLIENT_PROVEN)


def _working(client: Client, now: int) -> tuple[bytes, ...]:
    return tuple(secret.digest for secret in client.secrets if secret.expires_at is None or now < secret.expires_at)
