"""What the doctor says of the providers that people sign in with."""

from collections.abc import Iterable, Iterator

from gatelodge.authn.federation.entra import ANY
from gatelodge.ops.findings import Finding, note, warning
from gatelodge.protocol.provider import Provider
from gatelodge.stores.providers import StoredProvider


def examine_providers(listed: Iterable[StoredProvider]) -> Iterator[Finding]:
    """Say whom a provider lets in, and what cannot be done with one; those that are disabled are left in peace."""
    for stored in listed:
        if stored.provider.enabled:
            yield from _provider(stored.provider)


def _provider(provider: Provider) -> Iterator[Finding]:
    if ANY in provider.tenants:
        yield warning(
            "providers",
            f"provider {provider.name} lets in everybody who has a Microsoft account: its tenant is any",
            "name the directories whose people may come: remove it and add it with --tenant ID",
        )
    if not provider.trusts_address:
        yield note(
            "providers",
            f"provider {provider.name} is not believed about addresses: it connects nobody to an account by theirs",
            "if it proves addresses, remove it and add it with --trusts-address; else people connect it on their page",
        )
