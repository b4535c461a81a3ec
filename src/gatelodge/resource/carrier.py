"""What an API's questions to the authorization server travel by: a sender for threads and one for tasks."""

from gatelodge.client.http import AsyncSend, HttpRequest, HttpResponse, Send

TIMEOUT = 5.0  # seconds a caller may have to wait for the server that issued his token


class Carrier:
    """Carries requests. Without senders of the caller's own, those of the client library are made at the first use.

    `allow_private` is for a server inside your own network.
    """

    def __init__(
        self, send: Send | None = None, async_send: AsyncSend | None = None, *, allow_private: bool = False
    ) -> None:
        self.allow_private = allow_private
        self._send = send
        self._async_send = async_send

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send from a thread. Raises `OAuthClientError`."""
        if self._send is None:
            from gatelodge.client.sender import Route, Sender  # httpx2 takes 100 ms, and tests never need it

            self._send = Sender(Route(allow_private=self.allow_private, timeout=TIMEOUT))
        return self._send(request)

    async def send_async(self, request: HttpRequest) -> HttpResponse:
        """Send from a task. Raises `OAuthClientError`."""
        if self._async_send is None:
            from gatelodge.client.sender import AsyncSender, Route

            self._async_send = AsyncSender(Route(allow_private=self.allow_private, timeout=TIMEOUT))
        return await self._async_send(request)
