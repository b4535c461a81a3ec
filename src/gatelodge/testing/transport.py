"""How requests get to the server in memory, from whatever loop or thread: it lives on one loop, and only there."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import httpx2

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.sending.http import HttpRequest, HttpResponse

PATIENCE = 30.0  # seconds a thread waits for the loop
ADDRESS = "203.0.113.9"  # where requests seem to come from

T = TypeVar("T")


class Home:
    """The loop that the server lives on; callers from elsewhere are brought there."""

    def __init__(self) -> None:
        self.loop: AbstractEventLoop | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` at home, and wait for it from a task of any loop."""
        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.get_running_loop()
        if self.loop is asyncio.get_running_loop():
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    def run_from_thread(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` at home, and wait for it in a thread. Raises `RuntimeError` where that would wait for ever."""
        if self.loop is None or self.loop is _running():
            work.close()
            raise RuntimeError("this blocks the event loop that Gatelodge lives on: await the async way instead")
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)


def _running() -> AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Passing(Protocol):
    """What answers a request, at home."""

    async def __call__(self, request: httpx2.Request, address: str) -> httpx2.Response: ...


class AsyncDoor(httpx2.AsyncBaseTransport):
    """Brings the requests of an `httpx2.AsyncClient` home."""

    def __init__(self, home: Home, passing: Passing, address: str = ADDRESS) -> None:
        self._home, self._pass, self._address = home, passing, address

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return await self._home.run(self._pass(request, self._address))


class InMemoryAdapter(httpx2.BaseTransport):
    """Brings the requests of an `httpx2.Client` home."""

    def __init__(self, home: Home, passing: Passing, address: str = ADDRESS) -> None:
        self._home, self._pass, self._address = home, passing, address

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        return self._home.run_from_thread(self._pass(request, self._address))


def as_message(request: HttpRequest) -> httpx2.Request:
    """Return a request of the client library as one of httpx2's."""
    headers = dict(request.headers)
    if request.form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    content = None if request.form is None else urlencode(request.form).encode("ascii")
    return httpx2.Request(request.method, request.url, headers=headers, content=content)


def as_answer(response: httpx2.Response) -> HttpResponse:
    """Return an answer of httpx2's as one of the client library."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpResponse(response.status_code, headers, response.content)


def outage(url: str) -> ServerUnavailable:
    """Return what our own libraries say of a server that is down."""
    return ServerUnavailable(url, "ConnectError", sent=False)
