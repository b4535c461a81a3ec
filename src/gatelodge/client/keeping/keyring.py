"""A store whose key lies in the keyring of the operating system: for programs on a person's own machine.

The tokens themselves are in a file: keyrings cannot be changed by one step among processes, and some hold no more than
two kilobytes. Whoever copies the file has nothing without the keyring. Needs keyring: `pip install keyring`.
"""

from pathlib import Path

from gatelodge.client.keeping.contract import StoreRefused
from gatelodge.client.keeping.file import file_store
from gatelodge.client.keeping.locked_file import locked
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.clock import SystemEntropy

try:
    import keyring
    from keyring.errors import KeyringError
except ModuleNotFoundError as missing:
    if missing.name != "keyring":
        raise
    raise ImportError("this store needs keyring: pip install keyring", name="keyring") from None


def keyring_store(path: str | Path, service: str = "gatelodge") -> TokenStore:
    """Return the store in a file whose key is in the keyring under `service`; the first time, a key is made.

    Raises `StoreRefused` if there is no keyring, or as `file_store` does.
    """
    place = Path(path)
    try:
        with locked(place.with_name(place.name + ".lock")):
            keys = _keys(service, str(place.absolute()))
    except KeyringError as error:
        raise StoreRefused(f"the keyring cannot be used: {type(error).__name__}") from None
    return file_store(place, keys)


def change_key(path: str | Path, service: str = "gatelodge") -> TokenStore:
    """Return the store with a new key before those it has: what is written from now on is sealed with it."""
    name = str(Path(path).absolute())
    keys = [_new_key(), *_keys(service, name)]
    keyring.set_password(service, name, " ".join(keys))
    return keyring_store(path, service)


def _keys(service: str, name: str) -> list[str]:
    """Return the keys in the keyring, newest first, after making one if there is none."""
    if found := keyring.get_password(service, name):
        return found.split()
    keyring.set_password(service, name, _new_key())
    return (keyring.get_password(service, name) or "").split()


def _new_key() -> str:
    return SystemEntropy().bytes(32).hex()
