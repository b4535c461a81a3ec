"""Where the network would be: requests of our own libraries to a server of the test are answered in this process."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.client.sending.route import checked_url
from gatelodge.client.sending.sender import AsyncSender, Sender


class Answers(Protocol):
    """Somebody who answers for a host."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer a thread."""
        ...

    async def async_send(self, request: HttpRequest) -> HttpResponse:
        """Answer a task."""
        ...


class HostTable:
    """Knows who answers for which host; whatever else is asked for goes where it always goes."""

    def __init__(self) -> None:
        self._answering: dict[tuple[str, str], Answers] = {}

    def connect(self, issuer: str, answers: Answers) -> None:
        """Let `answers` answer for the host of an issuer."""
        self._answering[_host_of(issuer)] = answers

    def find(self, url: str) -> Answers | None:
        """Return who answers at a URL. Raises `AddressRefused` for one that is never opened."""
        checked_url(url)
        return self._answering.get(_host_of(url))


def _host_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


@contextmanager
def laid(line: HostTable) -> Generator[None]:
    """Let every sender in this process ask the line first."""
    send, async_send = Sender.__call__, AsyncSender.__call__

    def ask(self: Sender, request: HttpRequest) -> HttpResponse:
        found = line.find(request.url)
        return send(self, request) if found is None else found.send(request)

    async def ask_async(self: AsyncSender, request: HttpRequest) -> HttpResponse:
        found = line.find(request.url)
        return await (async_send(self, request) if found is None else found.async_send(request))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sender, "__call__", ask)
        patch.setattr(AsyncSender, "__call__", ask_async)
        yield
