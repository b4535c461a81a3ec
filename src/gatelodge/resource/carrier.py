"""What an API's questions to the authorization server travel by: a sender for threads and one for tasks."""

from dataclasses import replace
from typing import TYPE_CHECKING

from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse, Send

if TYPE_CHECKING:
    from gatelodge.client.sending.route import NetworkRoute

TIMEOUT = 5.0  # seconds a caller may have to wait for the server that issued their token


class Carrier:
    """Carries requests. Without senders of the caller's own, those of the client library are made at the first use.

    `allow_private` is for a server inside your own network; `route` has a proxy and certificates of your own.
    """

    def __init__(
        self,
        send: Send | None = None,
        async_send: AsyncSend | None = None,
        *,
        allow_private: bool = False,
        route: "NetworkRoute | None" = None,
    ) -> None:
        self.allow_private = allow_private or (route is not None and route.allow_private)
        self._given = route
        self._send = send
        self._async_send = async_send

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send from a thread. Raises `OAuthClientError`."""
        if self._send is None:
            from gatelodge.client.sending.sender import Sender  # httpx2 takes 100 ms, and tests never need it

            self._send = Sender(self._route())
        return self._send(request)

    async def send_async(self, request: HttpRequest) -> HttpResponse:
        """Send from a task. Raises `OAuthClientError`."""
        if self._async_send is None:
            from gatelodge.client.sending.sender import AsyncSender

            self._async_send = AsyncSender(self._route())
        return await self._async_send(request)

    def _route(self) -> "NetworkRoute":
        from gatelodge.client.sending.route import private_route

        route = private_route("TokenVerifier", self.allow_private, self._given)
        return route if self._given else replace(route, timeout=TIMEOUT)
