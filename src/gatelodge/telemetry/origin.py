"""Where an event came from, and with it what is noted of that request."""

from msgspec import Struct

from gatelodge.protocol.params import Params
from gatelodge.telemetry.actor import Actor
from gatelodge.telemetry.notes import Notes


class Origin(Struct, frozen=True):
    """Where an event came from: the request's id and its address, or the command line. `notes` are the inspector's.

    `actor` is set where it is not the event that says who did it: at the command line, by the server itself.
    """

    request_id: str = "cli"
    address: str = ""
    notes: Notes | None = None
    actor: Actor | None = None


def about(origin: Origin, client_id: str) -> None:
    """Note the client a request is about, once that is known."""
    if origin.notes is not None:
        origin.notes.client_id = client_id


def continues(origin: Origin, parked: Params) -> None:
    """Note the parameters of the request that this one continues."""
    if origin.notes is not None:
        origin.notes.parked = parked
