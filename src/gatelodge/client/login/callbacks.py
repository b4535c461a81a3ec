"""Whose answers come to which address: two servers on one callback could be mistaken for each other.

A server that is not what it seems sends the browser on to an honest one, whose answer then comes to the one callback
and is taken for its own: the honest server's code goes to the other's token endpoint (RFC 9700 4.4). Only `iss` in the
answers of both tells them apart; without it each needs a callback of its own.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakSet

from gatelodge.client.errors import CallbackRejected, place
from gatelodge.client.forks import ForkedLock
from gatelodge.client.messages.discovery import ServerMetadata

ROOM = 64  # addresses remembered of each: without a `base_url` they are whatever browsers call us

_lock = ForkedLock()
_all: WeakSet["Callbacks"] = WeakSet()


class Callbacks:
    """The addresses that one issuer's answers come to; `metadata` finds out whether it promises `iss` in them."""

    def __init__(self, issuer: str, metadata: Callable[[], Awaitable[ServerMetadata]]) -> None:
        self.issuer = issuer
        self._metadata = metadata
        self._uris: OrderedDict[str, None] = OrderedDict()
        with _lock:
            _all.add(self)

    def claim(self, uri: str) -> None:
        """Note that answers come there."""
        with _lock:
            self._uris[uri] = None
            self._uris.move_to_end(uri)
            if len(self._uris) > ROOM:
                self._uris.popitem(last=False)

    async def check(self, uri: str) -> None:
        """Raise `CallbackRejected` if answers of another issuer come there too, unless both say whose they are."""
        self.claim(uri)
        others = self._others(uri)
        for one in (self, *others) if others else ():
            if not (await one._metadata()).authorization_response_iss_parameter_supported:
                whose = ", ".join(sorted(place(other.issuer) for other in (self, *others)))
                message = (
                    f"answers of {whose} all come to {place(uri)}, and {place(one.issuer)} does not say iss in its: "
                )
                raise CallbackRejected("callback_shared", message + "give each Login a path of its own")

    def _others(self, uri: str) -> list["Callbacks"]:
        with _lock:
            return [other for other in _all if uri in other._uris and other.issuer != self.issuer]
