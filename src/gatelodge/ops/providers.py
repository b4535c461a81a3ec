"""What an operator can do with the providers people sign in with. Each is one transaction body with its audit event."""

from gatelodge.authn.federation.contract import ProviderUnusable
from gatelodge.authn.federation.providers import kind_of
from gatelodge.authn.federation.secrets import purpose
from gatelodge.database.tx import Tx
from gatelodge.keys.vault import Vault
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.provider import NAME, Provider
from gatelodge.protocol.scope import is_scope
from gatelodge.stores import audit, kept_tokens
from gatelodge.stores import providers as store
from gatelodge.stores.providers import StoredProvider
from gatelodge.telemetry.events import Event, Origin, ProviderAdded, ProviderDisabled, ProviderEnabled, ProviderRemoved


def sealed(provider: Provider, secret: str, vault: Vault) -> StoredProvider:
    """Return a provider as it is kept, its secret sealed. Raises `OperationRefused` if it cannot be used."""
    check(provider, secret)
    return StoredProvider(provider, vault.seal(secret.encode(), purpose(provider.name)) if secret else None)


def check(provider: Provider, secret: str) -> None:
    """Judge a provider as it would be. Raises `OperationRefused`."""
    kind = kind_of(provider)
    problems = (
        (not NAME.fullmatch(provider.name), "a name is up to 40 small letters, digits and dashes: it is in addresses"),
        (kind is None, "there is no such kind of provider"),
        (not provider.client_id.strip(), "the client id is missing: the provider gives it to this server"),
        (not provider.label.strip(), "the label is missing: it is on the button"),
        (not all(map(is_scope, provider.scopes)), "a scope is visible ASCII without spaces, quotes and backslashes"),
    )  # fmt: skip
    for found, advice in problems:
        if found:
            raise OperationRefused(advice)
    try:
        if kind is not None:
            kind.check(provider, secret)
    except ProviderUnusable as error:
        raise OperationRefused(str(error)) from None


async def add(tx: Tx, stored: StoredProvider, origin: Origin, now: int) -> Provider:
    """Let people sign in with a provider, and return it. Raises `NameTaken` if its name is in use."""
    await store.add(tx, stored, now)
    await audit.record(tx, ProviderAdded(provider=stored.provider.name), origin, now)
    return stored.provider


async def show(tx: Tx, name: str) -> StoredProvider:
    """Return a provider. Raises `NotThere`."""
    stored = await store.find(tx, name)
    if stored is None:
        raise NotThere("provider", name)
    return stored


async def enable(tx: Tx, name: str, origin: Origin, now: int) -> Provider:
    """Let people sign in with a provider again. Raises `NotThere`."""
    return await _switch(tx, name, True, ProviderEnabled(provider=name), origin, now)


async def disable(tx: Tx, name: str, origin: Origin, now: int) -> Provider:
    """Let nobody sign in with a provider; who did stays signed in. Raises `NotThere`."""
    return await _switch(tx, name, False, ProviderDisabled(provider=name), origin, now)


async def _switch(tx: Tx, name: str, on: bool, event: Event, origin: Origin, now: int) -> Provider:
    if not await store.set_enabled(tx, name, on, now):
        raise NotThere("provider", name)
    await audit.record(tx, event, origin, now)
    return (await show(tx, name)).provider


async def remove(tx: Tx, name: str, origin: Origin, now: int) -> None:
    """Forget a provider, its secret and the tokens of people that were kept.

    What people connected stays theirs, and counts again if it is added again.

    Raises `NotThere`.
    """
    if not await store.remove(tx, name):
        raise NotThere("provider", name)
    await kept_tokens.forget_of_provider(tx, name)
    await audit.record(tx, ProviderRemoved(provider=name), origin, now)
