"""curl: what somebody types first."""

import json
import shutil
import subprocess
from typing import Any

import pytest
from tests.interop.conftest import API, Site

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("curl") is None, reason="NO CURL: what the README shows was not tried"),
]


def curl(*words: str) -> dict[str, Any]:
    done = subprocess.run(["curl", "--silent", "--show-error", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_server_is_discovered(site: Site):
    assert curl(f"{site.issuer}/.well-known/openid-configuration")["issuer"] == site.issuer


def test_a_token_is_got_and_introspected(site: Site):
    daemon = ("--user", f"daemon:{site.secret('daemon')}")
    form = ("--data", "grant_type=client_credentials", "--data", "scope=orders:read")
    token = curl(*daemon, *form, f"{site.issuer}/token")["access_token"]
    api = ("--user", f"orders-api:{site.secret('orders-api')}")
    described = curl(*api, "--data", f"token={token}", f"{site.issuer}/introspect")
    assert (described["active"], described["aud"]) == (True, API)


def test_a_mistake_is_told(site: Site):
    said = curl("--user", "daemon:wrong", "--data", "grant_type=client_credentials", f"{site.issuer}/token")
    assert said["error"] == "invalid_client"
