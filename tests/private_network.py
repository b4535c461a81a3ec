"""An authorization server over https on an address of this machine that only its own network knows."""

import json
import ssl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from gatelodge.protocol.addresses import is_global

GRANTED = {"access_token": "a-token", "token_type": "Bearer", "expires_in": 600, "refresh_token": "r", "scope": "read"}
BEGUN = {"device_code": "d", "user_code": "AB-CD", "expires_in": 60, "interval": 1}


@dataclass
class Private:
    """The server. `answers` is by path: a status and a document; `heard` are the paths that were asked for."""

    issuer: str
    authority: Path
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict[str, tuple[int, dict[str, Any]]])
    heard: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.named(self.issuer)

    def named(self, issuer: str) -> None:
        """Be this issuer."""
        self.issuer = issuer
        names = ("authorization", "token", "revocation", "device_authorization")
        metadata = {"issuer": self.issuer} | {f"{name}_endpoint": f"{self.issuer}/{name}" for name in names}
        self.answers = {
            "/.well-known/openid-configuration": (200, metadata | {"jwks_uri": f"{self.issuer}/jwks"}),
            "/token": (200, GRANTED),
            "/revocation": (200, {}),
            "/device_authorization": (200, BEGUN | {"verification_uri": f"{self.issuer}/enter"}),
        }


def private_address() -> str:
    """An address of this machine that only its own network knows; skips if it has none."""
    try:
        said = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        said = ""
    for text in said.split():
        address = ip_address(text)
        if address.version == 4 and not (is_global(address) or address.is_loopback or address.is_link_local):
            return text
    pytest.skip("NO PRIVATE ADDRESS: a server inside a private network was not tried")


@contextmanager
def private_server(folder: Path, address: str = "", *names: str) -> Generator[Private]:
    """Serve until the end of the test, with a certificate for that address and other names."""
    authority, serving = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    address, pem = address or private_address(), folder / "authority.pem"
    authority.issue_cert(address, *names).configure_cert(serving)
    authority.cert_pem.write_to_path(str(pem))
    with ThreadingHTTPServer((address, 0), _Visit) as server:
        private = Private(f"https://{address}:{server.server_port}", pem)
        server.socket = serving.wrap_socket(server.socket, server_side=True)
        server.private = private  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield private
        server.shutdown()


class _Visit(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer from the table."""
        server: Any = self.server
        private: Private = server.private
        path = urlsplit(self.path).path
        private.heard.append(path)
        self.rfile.read(int(self.headers.get("content-length", "0")))
        status, document = private.answers.get(path, (404, {}))
        body = json.dumps(document).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("location", f"{private.issuer}/elsewhere")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
