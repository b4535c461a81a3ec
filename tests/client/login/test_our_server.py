"""People log in to a shop of each framework at a real server of ours, and out again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.login.sites import SITES, Browser
from tests.faults.conftest import furnish
from tests.person import Person
from tests.server_process import Installation, Started

SHOP = "http://localhost:47110"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder: Path = tmp_path_factory.mktemp("house")
    installation = Installation(folder, f"sqlite:///{folder / 'gatelodge.db'}")
    furnish(installation)
    callbacks = ("--redirect-uri", f"{SHOP}/callback", "--redirect-uri", f"{SHOP}/auth/callback")
    mounted = ("--redirect-uri", f"{SHOP}/shop/auth/callback", "--post-logout-redirect-uri", f"{SHOP}/bye")
    scope = ("--scope", "openid profile email offline_access orders:read")
    installation.add_client("shop", "--type", "web", *callbacks, *mounted, *scope)
    with installation.serve() as started:
        yield started


@pytest.mark.parametrize("framework", SITES)
def test_alice_logs_in_and_out(framework: str, server: Started):
    options = {
        "scope": "openid profile email offline_access orders:read",
        "post_logout_redirect_uri": f"{SHOP}/bye",
    }
    secret = server.installation.secrets["shop"]
    with SITES[framework](server.issuer, "shop", secret, **options) as site, server.http() as http:
        browser, alice = Browser(site, SHOP), Person(http)
        login = browser.page("home").headers["location"]
        arrived = alice.open(browser.go(login).headers["location"])
        back = browser.go(arrived, came_from="cross-site")
        assert browser.go(back.headers["location"]).json()["name"] == "Alice"
        first = browser.page("token").json()["token"]
        assert first is not None

        (session,) = [value for name, value in browser.cookies["localhost"].items() if name.endswith("session")]
        assert site.renewed(session, refused=first).access_token != first

        left = browser.ours("logout", came_from="same-origin").headers["location"]
        assert alice.follow(http.get(left)).headers["location"] == f"{SHOP}/bye"
        assert browser.who is None
