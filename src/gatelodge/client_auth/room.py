"""Opening the room: the methods by which clients prove themselves to one server."""

from gatelodge.client_auth import METHODS, ClientProofs, Means
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.remote import RemoteKeys


def open(on: Foundation) -> ClientProofs:
    """Open the room."""
    means = Means(on.site.issuer, on.db, RemoteKeys(on.outbound, on.clock), on.clock)
    return ClientProofs(METHODS, on.registry, means)
