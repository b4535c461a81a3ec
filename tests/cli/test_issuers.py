"""`gatelodge issuers`, and clients that prove themselves by the word of one."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from tests.client_auth.samples import OF_TRUSTED


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/jwks" else 404)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(OF_TRUSTED if self.path == "/jwks" else b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def keys() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Keys) as served:
        Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


HERE = {"GATELODGE_ISSUER": "http://localhost:8000"}  # only a server on this machine may ask another one on it


def test_an_issuer_is_trusted_listed_asked_and_distrusted(gatelodge, keys: str) -> None:
    added = gatelodge("issuers", "add", "github", "--kind", "github", "--json").json
    assert (added["issuer"], added["once"]) == ("https://token.actions.githubusercontent.com", True)
    gatelodge("issuers", "add", "here", "--issuer", keys, "--jwks-uri", f"{keys}/jwks")
    gatelodge("issuers", "add", "gone", "--issuer", f"{keys}/x", "--jwks-uri", f"{keys}/x", "--reusable")

    assert [one["name"] for one in gatelodge("issuers", "list", "--json").json["issuers"]] == ["github", "gone", "here"]
    assert "once" in gatelodge("issuers", "list").out
    assert "cannot be fetched" in gatelodge("issuers", "test", "here").err
    assert gatelodge("issuers", "test", "here", "--json", env=HERE).json == {"name": "here", "keys": 1}
    assert "answers 404" in gatelodge("issuers", "test", "gone", env=HERE).err
    assert gatelodge("issuers", "remove", "gone", "--yes", "--json").json == {"name": "gone", "removed": True}
    assert gatelodge("issuers", "remove", "gone", "--yes").code == 1
    trail = [line["event"] for line in gatelodge("audit", "list", "--json").json["entries"]]
    assert (trail.count("issuer_trusted"), trail.count("issuer_distrusted")) == (3, 1)


@pytest.mark.parametrize(
    "options",
    [
        ("Big",),
        ("own", "--issuer", "https://x.test"),
        ("own", "--issuer", "x.test", "--jwks-uri", "https://x.test/k"),
        ("own", "--issuer", "https://x.test", "--jwks-uri", "http://x.test/k"),
    ],
    ids=["name", "no-keys", "no-url", "http"],
)
def test_what_cannot_be_trusted_is_refused(gatelodge, options: tuple[str, ...]) -> None:
    assert gatelodge("issuers", "add", *options).code == 1
    assert gatelodge("issuers", "list", "--json").json == {"issuers": []}


def test_a_client_says_which_workloads_it_is(gatelodge) -> None:
    gatelodge("issuers", "add", "github", "--kind", "github")
    assert gatelodge("issuers", "add", "again", "--kind", "github").code == 1
    new = ("clients", "add", "--id", "ci", "--type", "service", "--name", "CI", "--scope", "orders:read")
    named = (*new, "--auth", "workload_jwt")
    assert gatelodge(*named).code == 1
    assert gatelodge(*named, "--workload", "github ref=*").code == 1
    assert gatelodge(*new, "--workload", "github ref=refs/heads/main").code == 1
    pattern = "github repository=octo-org/app ref=refs/heads/main"
    added = gatelodge(*named, "--workload", pattern, "--json").json
    assert "client_secret" not in json.dumps(added)
    assert gatelodge("clients", "show", "ci", "--json").json["workloads"] == [pattern]
