"""The redirect URI of a program on a person's machine: a port of 127.0.0.1 until the answer came (RFC 8252 7.3).

Any page and any program on the machine can knock here. Only the answer to the sign-in that was begun ends the waiting;
whatever else comes is told so and changes nothing.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from html import escape
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Generic, TypeVar

from gatelodge.client.errors import AuthorizationRefused, CallbackRejected, OAuthClientError
from gatelodge.client.messages.authorization import Wanted

HOST = "127.0.0.1"  # never a name: it could lead elsewhere (RFC 8252 8.3)
IDLE = 10  # seconds a connection may say nothing: browsers open some ahead of need
MAX_CONNECTIONS = 32

T = TypeVar("T")
Finish = Callable[[str], T]


class Loopback:
    """A listener at `redirect_uri`; in a `with`, which closes it. Raises `OSError` if the port is taken."""

    def __init__(self, path: str = "/callback", port: int = 0) -> None:
        self._server = _Server((HOST, port), _Visit)
        self._path = path
        self._serving: Thread | None = None
        self.redirect_uri = f"http://{HOST}:{self._server.server_address[1]}{path}"

    def asking(self, wanted: Wanted) -> Wanted:
        """Return what is wanted, with the answer to come here."""
        return replace(wanted, redirect_uri=self.redirect_uri)

    def listen(self, finish: Finish[T]) -> Future[T]:
        """Return what will hold what `finish` makes, or raises, of the URL the browser comes to.

        A `CallbackRejected` is not the end: somebody else was knocking.
        """
        callbacks = _Callbacks(self.redirect_uri, self._path, finish)
        self._server.callbacks = callbacks
        self._serving = Thread(target=self._server.serve_forever, args=(0.1,), name="gatelodge-loopback", daemon=True)
        self._serving.start()
        return callbacks.outcome

    def __enter__(self) -> "Loopback":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._serving is not None:
            self._server.shutdown()
        self._server.server_close()


class _Callbacks(Generic[T]):
    """Judges what comes, one after the other, until one of them is the answer."""

    def __init__(self, redirect_uri: str, path: str, finish: Finish[T]) -> None:
        self.outcome: Future[T] = Future()
        self._host = redirect_uri.split("/")[2]
        self._redirect_uri = redirect_uri
        self._path = path
        self._finish = finish
        self._one_at_a_time = Lock()

    def judge(self, target: str, host: str) -> tuple[int, str, Callable[[], None]]:
        """Return status and sentence to answer with, and what to do once that is sent."""
        path, _, query = target.partition("?")
        if host != self._host or path != self._path:
            return 404, "There is nothing here.", _nothing
        with self._one_at_a_time:
            if self.outcome.done():
                return 400, "This sign-in is over.", _nothing
            return self._judge(f"{self._redirect_uri}?{query}")

    def _judge(self, url: str) -> tuple[int, str, Callable[[], None]]:
        try:
            value = self._finish(url)
        except CallbackRejected:
            return 400, "This is not the answer to the sign-in that was begun here. It still waits.", _nothing
        except AuthorizationRefused as refused:
            return 200, "You did not sign in. You can close this page.", self._failing(refused)
        except OAuthClientError as error:
            return 502, "Signing in failed. The program that began it says why.", self._failing(error)
        except Exception as error:  # noqa: BLE001 - our own mistake is raised where somebody waits
            return 500, "Signing in failed. The program that began it says why.", self._failing(error)
        return 200, "You are signed in. You can close this page and go back.", lambda: self._end(value)

    def _failing(self, error: Exception) -> Callable[[], None]:
        return lambda: None if self.outcome.done() else self.outcome.set_exception(error)

    def _end(self, value: T) -> None:
        if not self.outcome.done():
            self.outcome.set_result(value)


def _nothing() -> None:
    """Go on waiting."""


class _Server(ThreadingTCPServer):
    """One thread for each connection: one that says nothing must not keep out the one that brings the answer."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS
    callbacks: _Callbacks[Any]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever broke off has no answer coming."""


class _Visit(BaseHTTPRequestHandler):
    """One request."""

    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - the only one it is used with
    timeout = IDLE
    server_version = "gatelodge"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a page, then end the waiting if this was it."""
        status, sentence, then = self.server.callbacks.judge(self.path, self.headers.get("host", ""))
        try:
            self._say(status, page(sentence))
        finally:
            then()

    def _say(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the request line holds the code."""


_HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("connection", "close"),
)
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1.5rem;text-align:center}"
)


def page(sentence: str) -> bytes:
    """Return a small page that says one thing."""
    text = escape(sentence)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text}</title><style>{_STYLE}</style><main><h1>{text}</h1></main></html>"
    ).encode()
