"""The secrets by which this server proves itself to providers: each is sealed by the vault, for its provider alone."""

from collections.abc import Iterable
from typing import NamedTuple

from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.stores.providers import StoredProvider


def purpose(name: str) -> str:
    """Return what the secret of a provider is sealed for."""
    return f"provider {name}"


def secret_of(stored: StoredProvider, vault: Vault) -> str | None:
    """Return the secret of a provider, `""` if it has none, `None` if the secret key does not open it."""
    if stored.sealed is None:
        return ""
    try:
        return vault.unseal(stored.sealed, purpose(stored.provider.name)).decode()
    except WrongSecretKey:
        return None


class ResealedSecret(NamedTuple):
    """A secret as it was sealed and as it is sealed now."""

    name: str
    old: bytes
    new: bytes


def resealed_secrets(listed: Iterable[StoredProvider], vault: Vault) -> list[ResealedSecret]:
    """Return what an older secret key had sealed, sealed anew; what no key opens is left as it is."""
    found: list[ResealedSecret] = []
    for stored in listed:
        secret = secret_of(stored, vault)
        name = stored.provider.name
        if stored.sealed is None or secret is None or (new := vault.reseal(stored.sealed, purpose(name))) is None:
            continue
        found.append(ResealedSecret(name, stored.sealed, new))
    return found
