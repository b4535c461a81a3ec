"""Opening the room: the methods by which clients prove themselves to one server."""

from gatelodge.client_auth import METHODS, ClientProofs, Means
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.remote import RemoteKeys


def open(on: Foundation, remote: RemoteKeys) -> ClientProofs:
    """Open the room; `remote` are the keys that clients publish."""
    means = Means(on.site.issuer, on.db, remote, on.clock)
    return ClientProofs(METHODS, on.registry, means)
