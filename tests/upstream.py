"""A provider that people come from, on a real port: it tells the truth, or lies on order."""

import json
import time
from base64 import b64decode
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from gatelodge.clock import Clock
from gatelodge.keys.secrets import b64

SECRET = "the client secret of the upstream"
CLIENT = "gatelodge"


@dataclass
class Told:
    """What the provider says of a sign-in it is asked for: a code leads to it."""

    claims: dict[str, Any]
    asked: dict[str, str]


@dataclass
class UpstreamStub:
    """The provider. `lies` change what it answers: a path to a status and a body, `claims`, `header`, and so on."""

    issuer: str
    clock: Clock
    keys: list[ECKey] = field(default_factory=list[ECKey])
    codes: dict[str, Told] = field(default_factory=dict[str, Told])
    answers: dict[str, tuple[int, bytes, str]] = field(default_factory=dict[str, tuple[int, bytes, str]])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    user: dict[str, Any] = field(default_factory=dict[str, Any])
    key_members: dict[str, Any] = field(default_factory=dict[str, Any])
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])
    sign: Callable[[dict[str, Any]], str] | None = None
    delay: float = 0.0
    renewable: dict[str, str] = field(default_factory=dict[str, str])  # refresh tokens, and what each becomes
    rotations: int = 0

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """Sign with another key from now on, and publish that one alone."""
        self.rotations += 1
        kid = f"key-{self.rotations}"
        self.keys[:] = [ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)]

    def code(self, location: str, sub: str = "u-1", **claims: Any) -> str:
        """Sign somebody in who was sent here, and return the code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code-{len(self.codes)}"
        whole = {
            "iss": self.issuer,
            "sub": sub,
            "aud": asked["client_id"],
            "iat": self.clock.now(),
            "exp": self.clock.now() + 300,
            "nonce": asked.get("nonce"),
        }
        told = {name: value for name, value in (whole | claims).items() if value is not None}
        self.codes[code] = Told(told, asked)
        return code

    def answer(self, location: str, sub: str = "u-1", **claims: Any) -> dict[str, str]:
        """Return the parameters of the answer to whoever was sent here."""
        code = self.code(location, sub, **claims)
        return {"code": code, "state": self.codes[code].asked["state"]}

    def signed(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """Sign claims with the key in force."""
        if self.sign is not None:
            return self.sign(dict(claims))
        header = {"alg": "ES256", "kid": self.keys[0].kid, "typ": typ}
        return jws.serialize_compact(header, json.dumps(claims).encode(), self.keys[0], algorithms=["ES256"])

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        names = ("authorization", "token", "userinfo")
        return {
            "issuer": self.issuer,
            **{f"{name}_endpoint": f"{urlsplit(self.issuer)[0]}://{urlsplit(self.issuer)[1]}/{name}" for name in names},
            "jwks_uri": f"{urlsplit(self.issuer)[0]}://{urlsplit(self.issuer)[1]}/jwks",
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        } | self.metadata

    def reply(self, path: str, form: dict[str, str], headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        """Return status, body and content type."""
        self.heard.append((path, form))
        if path in self.answers:
            return self.answers[path]
        if path.endswith("/.well-known/openid-configuration"):
            return _json(self.document())
        if path == "/jwks":
            keys: Any = KeySet(list(self.keys)).as_dict(private=False)
            return _json({"keys": [key | self.key_members for key in keys["keys"]]})
        if path in ("/token", "/login/oauth/access_token"):
            return self._token(form, headers)
        if path in ("/userinfo", "/api/v3/user"):
            return _json(self.user)
        return 404, b"{}", "application/json"

    def _renewal(self, form: dict[str, str], headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        if _credentials(form, headers) != (CLIENT, SECRET):
            return _json({"error": "invalid_client"}, 401)
        becomes = self.renewable.get(form["refresh_token"])
        if becomes is None:
            return _json({"error": "invalid_grant", "error_description": form["refresh_token"]}, 400)
        rotated = {} if becomes == form["refresh_token"] else {"refresh_token": becomes}
        return _json({"access_token": "upstream-access", "token_type": "Bearer", "expires_in": 300} | rotated)

    def _token(self, form: dict[str, str], headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        if form.get("grant_type") == "refresh_token":
            return self._renewal(form, headers)
        told = self.codes.pop(form.get("code", ""), None)
        if told is None or told.asked["redirect_uri"] != form["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        if told.asked["code_challenge"] != b64(sha256(form["code_verifier"].encode()).digest()):
            return _json({"error": "invalid_grant"}, 400)
        if _credentials(form, headers) != (told.asked["client_id"], SECRET) and "client_secret" not in self.members:
            return _json({"error": "invalid_client"}, 401)
        body = {"access_token": "upstream-access", "token_type": "Bearer", "expires_in": 300}
        if "openid" in told.asked["scope"]:
            body["id_token"] = self.signed(told.claims)
        return _json(body | {name: value for name, value in self.members.items() if name != "client_secret"})


def _credentials(form: dict[str, str], headers: Mapping[str, str]) -> tuple[str, str]:
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        name, _, secret = b64decode(value).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _json(document: Any, status: int = 200) -> tuple[int, bytes, str]:
    return status, json.dumps(document).encode(), "application/json"


@contextmanager
def upstream(clock: Clock) -> Generator[UpstreamStub]:
    """Serve a provider until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Visit) as server:
        stub = UpstreamStub(f"http://127.0.0.1:{server.server_port}", clock)
        server.stub = stub  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield stub
        server.shutdown()


class _Visit(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer from the stub."""
        server: Any = self.server
        stub: UpstreamStub = server.stub
        raw = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        if stub.delay:
            time.sleep(stub.delay)
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, body, kind = stub.reply(urlsplit(self.path).path, form, headers)
        self.send_response(status)
        if status == 302:
            self.send_header("location", f"{stub.issuer}/elsewhere")
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with suppress(OSError):  # who asked had enough
            self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
