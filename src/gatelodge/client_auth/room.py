"""Opening the room: the methods by which clients prove themselves to one server."""

from gatelodge.client_auth import METHODS, ClientProofs, Means
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.remote import RemoteKeys
from gatelodge.keys.workloads import Workloads


def open(on: Foundation, remote: RemoteKeys, workloads: Workloads) -> ClientProofs:
    """Open the room; `remote` are the keys that clients publish, `workloads` finds those that are clients."""
    means = Means(on.site.issuer, on.db, remote, on.clock, workloads)
    return ClientProofs(METHODS, on.registry, means)
