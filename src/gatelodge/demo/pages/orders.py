"""The orders API: what the demo's applications are for. It trusts the tokens of one issuer.

It is an API as anybody would write one, with `gatelodge.resource`; that it is served by the same process is known to
neither of them. It verifies a token by itself, and then asks the server whether it was taken back: so whoever removes
an application from their account sees its token die.
"""

from collections import OrderedDict
from collections.abc import Mapping
from urllib.parse import urlsplit

from gatelodge.clock import Clock
from gatelodge.demo.data import PLAYGROUND
from gatelodge.demo.pages.line import for_library
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.outbound import Outbound
from gatelodge.protocol.reply import Reply, json_reply
from gatelodge.resource import (
    CannotDecide,
    Introspection,
    Needs,
    Presented,
    Principal,
    Protection,
    Refused,
    TokenVerifier,
    needs,
)

PATH = "/demo/api"
READ, WRITE = "orders:read", "orders:write"
TWO_FACTORS = "2"  # the level of a sign-in that showed two kinds of proof
MOST_CALLERS = 200  # whose orders are kept; who was quiet the longest is forgotten first
MOST_ORDERS = 20  # of one caller
MAX_ITEM = 80  # characters
# Whoever opens the address in a browser would see an error of the browser's own.
FOR_A_PERSON = {
    "message": "This is an API: it wants an access token. The playground shows how an application gets one."
}
SAMPLES = ("a looking glass", "a pocket watch")

Order = Mapping[str, object]


def routes(issuer: str, secret: str, outbound: Outbound, clock: Clock) -> tuple[Route, ...]:
    """Return the API's rows of the route table. It asks about tokens as the playground's client, of that `secret`."""
    send = for_library(issuer, outbound)
    verifier = TokenVerifier(issuer, issuer + PATH, async_send=send, clock=clock)
    introspection = Introspection(client_id=PLAYGROUND, secret=secret, lifetime=0, also_jwts=True)
    asking = TokenVerifier(issuer, issuer + PATH, introspection=introspection, async_send=send, clock=clock)
    metadata = verifier.describe((READ, WRITE), name="Demo orders")
    api = OrdersApi(Protection(verifier, metadata=metadata), Protection(asking), urlsplit(issuer).path)
    return (
        Route("demo_orders", PATH + "/orders", {"GET": api.listed, "POST": api.placed}, "machine", cors=True),
        Route("demo_card", PATH + "/card", {"GET": api.card}, "machine", cors=True),
        Route("demo_orders_metadata", metadata.path, {"GET": api.metadata}, "machine", cors=True, at_root=True),
    )


class OrdersApi:
    """The orders API of the demo: each caller has a few orders of its own, kept in memory."""

    def __init__(self, protection: Protection, asking: Protection, base: str) -> None:
        self._protection = protection
        self._asking = asking
        self._base = base  # the path of the issuer
        self._orders: OrderedDict[tuple[str, str], list[Order]] = OrderedDict()

    async def listed(self, request: Request) -> Reply:
        """Answer with the caller's orders; needs `orders:read`."""
        caller = await self._admit(request, needs(READ))
        return caller if isinstance(caller, Reply) else _of(caller, self._of(caller))

    async def placed(self, request: Request) -> Reply:
        """Place an order for the form's `item`; needs `orders:write`."""
        caller = await self._admit(request, needs(WRITE))
        if isinstance(caller, Reply):
            return caller
        item, orders = request.form.get("item") or "", self._of(caller)
        if not item or len(item) > MAX_ITEM:
            return json_reply({"error": "item is missing or too long"}, 422)
        orders.append(_order(len(orders) + 1, item))
        del orders[:-MOST_ORDERS]
        return json_reply({"placed": orders[-1]}, 201)

    async def card(self, request: Request) -> Reply:
        """Answer with the card that pays; needs a sign-in with two factors besides (RFC 9470)."""
        caller = await self._admit(request, needs(READ, acr_values=TWO_FACTORS))
        return caller if isinstance(caller, Reply) else json_reply({"card_of": caller.sub, "ends_in": "1865"})

    async def metadata(self, request: Request) -> Reply:
        """Say which server's tokens this API takes (RFC 9728)."""
        del request
        return self._protection.metadata_reply()

    async def _admit(self, request: Request, needed: Needs) -> Principal | Reply:
        given = request.headers.get("authorization")
        elsewhere = "access_token" in request.query or "access_token" in request.form
        try:
            presented = Presented(
                [given] if given is not None else [],
                sent_elsewhere=elsewhere,
                method=request.method,
                path=self._base + request.path,
                dpop=[request.headers["dpop"]] if "dpop" in request.headers else [],
            )
            caller = await self._protection.admit(presented, needed)
            await self._asking.admit(presented)
            return caller
        except (Refused, CannotDecide) as failure:
            reply = self._protection.reply(failure, needed)
            return reply if given is not None or elsewhere else reply._replace(json=FOR_A_PERSON)

    def _of(self, caller: Principal) -> list[Order]:
        orders = self._orders.setdefault(caller.key, [_order(n, item) for n, item in enumerate(SAMPLES, 1)])
        self._orders.move_to_end(caller.key)
        while len(self._orders) > MOST_CALLERS:
            self._orders.popitem(last=False)
        return orders


def _of(caller: Principal, orders: list[Order]) -> Reply:
    return json_reply({"orders_of": caller.sub, "through": caller.client_id, "orders": list(orders)})


def _order(number: int, item: str) -> Order:
    return {"number": number, "item": item}
