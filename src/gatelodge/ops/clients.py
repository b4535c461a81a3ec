"""What an operator can do with clients. Each function is one transaction body with its audit event."""

from dataclasses import replace

from gatelodge.config.policies import LegacyPolicy
from gatelodge.database.tx import RunAgain, Tx
from gatelodge.ops.client_drafts import Document, changed
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol import registration
from gatelodge.protocol.claim_scopes import STANDARD, ClaimScopes
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.protocol.client_metadata import document
from gatelodge.stores import audit, claim_scopes
from gatelodge.stores import clients as store
from gatelodge.telemetry.events import (
    ClientAdded,
    ClientChanged,
    ClientDisabled,
    ClientEnabled,
    ClientRemoved,
    ClientSecretRotated,
    CustomSchemesPermitted,
    Event,
    Origin,
    PkceExempted,
)


async def add(tx: Tx, client: Client, legacy: LegacyPolicy, origin: Origin, now: int) -> Client:
    """Register a client and return it.

    Raises `OAuthError` (`invalid_redirect_uri`, `invalid_client_metadata`) if policy forbids it as it would be, and
    `NameTaken` if its id is in use.
    """
    registration.check(client, legacy, grant_types(), await _released(tx, client))
    await store.add(tx, client, now)
    await audit.record(tx, ClientAdded(client_id=client.id), origin, now)
    if client.pkce_exempt:
        await audit.record(tx, PkceExempted(client_id=client.id), origin, now)
    await _tell_schemes(tx, client, frozenset(), origin, now)
    return await show(tx, client.id)


def grant_types() -> frozenset[str]:
    """Return the grant types a client may be registered for: those this server has."""
    from gatelodge.grants import GRANTS  # brings password hashing with it, for which `--help` must not wait

    return frozenset(grant.grant_type for grant in GRANTS)


async def _released(tx: Tx, client: Client) -> ClaimScopes:
    """Return which claims can be released here, for a client that names some."""
    return await claim_scopes.released(tx) if client.id_token_claims else STANDARD


async def show(tx: Tx, client_id: str) -> Client:
    """Return a client. Raises `NotThere`."""
    client = await store.find(tx, client_id)
    if client is None:
        raise NotThere("client", client_id)
    return client


async def change(
    tx: Tx, client_id: str, said: Document, secret: ClientSecret, legacy: LegacyPolicy, origin: Origin, now: int
) -> Client:
    """Change what is registered of a client: the members in `said`, `None` for those to be taken away.

    Its secret stays. `secret` is taken only if it needs one and had none; it loses its secrets with the need for one.
    Judged on the client as it would be, like a new one. Raises `NotThere` and `OAuthError` as `add` does.
    """
    before = await show(tx, client_id)
    after = changed(before, said)
    after = replace(after, secrets=(after.secrets or (secret,)) if after.keeps_secret else ())
    registration.check(after, legacy, grant_types(), await _released(tx, after))
    what = [name for name, value in document(after).items() if document(before).get(name) != value]
    what += [name for name in document(before) if name not in document(after)]
    if not what:
        return before
    if not await store.change(tx, before, after, now):
        raise RunAgain  # somebody else changed it in the meantime: look again
    await audit.record(tx, ClientChanged(client_id=client_id, what=" ".join(sorted(what))), origin, now)
    if after.pkce_exempt and not before.pkce_exempt:
        await audit.record(tx, PkceExempted(client_id=client_id), origin, now)
    await _tell_schemes(tx, after, before.custom_schemes, origin, now)
    return after


async def _tell_schemes(tx: Tx, client: Client, before: frozenset[str], origin: Origin, now: int) -> None:
    new = client.custom_schemes - before
    if new:
        event = CustomSchemesPermitted(client_id=client.id, schemes=" ".join(sorted(new)))
        await audit.record(tx, event, origin, now)


async def rotate_secret(tx: Tx, client_id: str, digest: bytes, overlap: int, origin: Origin, now: int) -> Client:
    """Give a client a new secret, of which `digest` is kept; the one it had works for `overlap` more seconds.

    Two work at a time at most: an older one still running out ends now. Raises `NotThere`, and `OperationRefused` if
    the client does not prove itself with a secret.
    """
    client = await show(tx, client_id)
    if not client.keeps_secret:
        raise OperationRefused(f"client {client_id!r} has no secret: it authenticates with {client.auth_method}")
    secrets = (ClientSecret(digest), *_running_out(client.secrets, now + overlap, now))
    if not await store.set_secrets(tx, client_id, client.secrets, secrets, now):
        raise RunAgain  # somebody else rotated it in the meantime: look again
    await audit.record(tx, ClientSecretRotated(client_id=client_id, overlap=overlap), origin, now)
    return replace(client, secrets=secrets)


def _running_out(secrets: tuple[ClientSecret, ...], end: int, now: int) -> tuple[ClientSecret, ...]:
    """Return what stays of the secrets before: the newest, until `end` or its own end, if that is yet to come."""
    ends = [replace(secret, expires_at=min(end, secret.expires_at or end)) for secret in secrets[:1]]
    return tuple(secret for secret in ends if secret.expires_at is not None and secret.expires_at > now)


async def enable(tx: Tx, client_id: str, origin: Origin, now: int) -> Client:
    """Let a client act again. Raises `NotThere`."""
    return await _switch(tx, client_id, True, ClientEnabled(client_id=client_id), origin, now)


async def disable(tx: Tx, client_id: str, origin: Origin, now: int) -> Client:
    """Stop a client: from now on it gets nothing and nothing it holds works. Raises `NotThere`."""
    return await _switch(tx, client_id, False, ClientDisabled(client_id=client_id), origin, now)


async def _switch(tx: Tx, client_id: str, on: bool, event: Event, origin: Origin, now: int) -> Client:
    if not await store.set_enabled(tx, client_id, on, now):
        raise NotThere("client", client_id)
    await audit.record(tx, event, origin, now)
    return await show(tx, client_id)


async def remove(tx: Tx, client_id: str, origin: Origin, now: int) -> None:
    """Forget a client and everything people allowed it. Raises `NotThere`.

    What it held is nobody's from then on, also should its id ever be given again: see `Live.is_held_by`.
    """
    if not await store.remove(tx, client_id):
        raise NotThere("client", client_id)
    await audit.record(tx, ClientRemoved(client_id=client_id), origin, now)
