"""The playground's sample application and its API: made when a server that has a playground starts, outside the demo.

The demo plants them with everything else of its own. Here the secret is derived from the server's own, so every worker
knows it and nobody else does.
"""

from dataclasses import replace

from gatelodge.config.policies import LegacyPolicy
from gatelodge.database.tx import Database, Tx
from gatelodge.demo import data as demo_data
from gatelodge.demo.planting import plant_api, plant_client, plant_trust, without_port
from gatelodge.keys.secrets import b64
from gatelodge.keys.vault import Vault
from gatelodge.ops.refusals import OperationRefused
from gatelodge.playground.scripts import SCRIPTS
from gatelodge.protocol.client import Client
from gatelodge.protocol.response_type import enabled
from gatelodge.stores import clients as client_store


def secret_of(vault: Vault) -> str:
    """Return the secret of the sample application of this server."""
    return b64(vault.derive("playground"))


async def prepare(db: Database, issuer: str, secret: str, legacy: LegacyPolicy, now: int) -> None:
    """Register the sample application and its API, or bring them up to date.

    Raises `OperationRefused` if somebody else's client has the name.
    """
    grants = frozenset(script.grant for script in SCRIPTS if script.runs(legacy))
    ours = demo_data.playground_clients(issuer, secret, grants, enabled(legacy))
    await db.write(_plant, ours, issuer, legacy, now)


async def _plant(tx: Tx, ours: tuple[Client, Client], issuer: str, legacy: LegacyPolicy, now: int) -> None:
    for client in ours:
        await _check_name_is_free(tx, client)
        await plant_client(tx, client, legacy, now)
    introspectors = frozenset({demo_data.PLAYGROUND})
    await plant_api(tx, replace(demo_data.api(issuer), introspectors=introspectors), now)
    await plant_trust(tx, demo_data.trusted(issuer), now)


async def _check_name_is_free(tx: Tx, client: Client) -> None:
    """Leave a client alone that an operator made: ours has the playground's redirect URIs, at this or another port."""
    found = await client_store.find(tx, client.id)
    if found is not None and _places(found) != _places(client):
        raise OperationRefused(
            f"the playground needs the client id {client.id}, which another client has: switch one of them off"
        )


def _places(client: Client) -> frozenset[object]:
    return frozenset(map(without_port, client.redirect_uris))
