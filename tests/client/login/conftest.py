"""A shop in every framework, at the server whose answers each test chooses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.client.conftest import ISSUER, Server, json_answer
from tests.client.login.sites import SITES, Browser, Site

from gatelodge.client import ClientConfig, Moment, OAuthClient, SecretBasic
from gatelodge.client.login import callbacks

Open = Callable[..., Site]


@pytest.fixture(params=SITES)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def open_site(server: Server, moment: Moment) -> Iterator[Open]:
    """Opens a shop of a framework, with any options; Django's is closed at the end. Those of other tests are gone."""
    callbacks._all.clear()
    server.answers["/userinfo"] = lambda _: json_answer({"sub": "alice", "name": "Alice Liddell", "iss": "a lie"})
    config = ClientConfig(
        issuer=ISSUER,
        client_id="app",
        auth=SecretBasic("hush"),
        post_logout_redirect_uri="https://shop.test/bye",
    )
    with ExitStack() as stack:

        def opened(framework: str = "starlette", **options: Any) -> Site:
            whole = {"moment": moment, "client": OAuthClient(config, send=server, moment=moment)} | options
            return stack.enter_context(SITES[framework](ISSUER, "app", "hush", **whole))

        yield opened


@pytest.fixture
def site(open_site: Open, framework: str) -> Site:
    return open_site(framework)


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site)
