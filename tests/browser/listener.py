"""An application on this machine that waits for the browser on a loopback port: a native client's side (RFC 8252)."""

import json
import threading
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from gatelodge.clock import SystemEntropy
from gatelodge.demo.pages.visits import PendingAnswer, ask

CLIENT_ID = "demo-native"
PATIENCE = 30  # seconds
PAGE = b'<!doctype html><link rel="icon" href="data:,"><title>Thank you</title><p id="thanks">Close this window.</p>'


@dataclass(frozen=True)
class Answer:
    """What the browser brought, and how."""

    method: str
    members: dict[str, str]


@dataclass
class Listener:
    """A native application. `uri` is where it waits; `asked` is what its answer must match."""

    uri: str
    asked: PendingAnswer = field(default_factory=lambda: ask(SystemEntropy()))
    _answers: Queue[Answer] = field(default_factory=Queue[Answer])

    def request(self, site: str, **changes: str) -> str:
        """Return the authorization request to send the browser to."""
        members = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.uri,
            "response_type": "code",
            "scope": "openid email",
            "state": self.asked.state,
            "code_challenge": self.asked.challenge,
            "code_challenge_method": "S256",
        }
        return f"{site}/authorize?{urlencode(members | changes)}"

    def answer(self) -> Answer:
        """Wait for the browser."""
        return self._answers.get(timeout=PATIENCE)

    def exchange(self, site: str, answer: Answer) -> dict[str, Any]:
        """Turn the code into tokens."""
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": answer.members["code"],
            "redirect_uri": self.uri,
            "code_verifier": self.asked.verifier,
        }
        with urllib.request.urlopen(f"{site}/token", urlencode(form).encode(), timeout=PATIENCE) as reply:
            return json.load(reply)

    def take(self, answer: Answer) -> None:
        self._answers.put(answer)


@contextmanager
def listening() -> Generator[Listener]:
    """Wait on a free port for as long as the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Callback)
    server.listener = listener = Listener(f"http://127.0.0.1:{server.server_port}/callback")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Callback(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._take(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers["content-length"])).decode())

    def _take(self, members: str) -> None:
        if urlsplit(self.path).path == "/callback":
            listener: Listener = self.server.listener  # type: ignore[attr-defined]
            listener.take(Answer(self.command, dict(parse_qsl(members))))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
