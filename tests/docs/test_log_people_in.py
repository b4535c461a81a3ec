"""docs/log-people-in.md and docs/keep-tokens.md: every example logs alice in, or keeps her tokens fresh."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from tests.client.login.sites import over_asgi, over_wsgi
from tests.docs.conftest import Demo, Person, Shell, serving
from tests.docs.examples import example
from tests.ports import free_port
from tests.resource.applications import set_up_django

from gatelodge.client import OAuthClient, Tokens, Wanted
from gatelodge.client.keeping import Renewer

Send = Callable[[httpx2.Request], httpx2.Response]


@dataclass(frozen=True)
class Shop:
    """The demo with the application of the page registered for a port where nobody listens yet."""

    demo: Demo
    port: int
    secret: str

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def shell(self) -> Shell:
        return self.demo.shell(**{"localhost:5000": f"localhost:{self.port}", "gls_...": self.secret})

    def run(self, text: str) -> dict[str, Any]:
        namespace: dict[str, Any] = {"__name__": "an_example"}
        exec(self.shell().put(text), namespace)
        return namespace


@pytest.fixture(scope="module")
def shop(demo: Demo) -> Shop:
    port = free_port()
    shell = demo.shell(**{"localhost:5000": f"localhost:{port}"})
    said = shell.run(example("docs/log-people-in.md", "export GATELODGE_DATABASE"))
    return Shop(demo, port, next(word for word in said.split() if word.startswith("gls_")))


def visit(shop: Shop, send: Send, person: Person) -> str:
    """Open the shop in a browser, sign in, and return what its first page says then."""
    cookies: dict[str, str] = {}

    def go(url: str) -> httpx2.Response:
        held = "; ".join(f"{name}={value}" for name, value in cookies.items())
        response = send(httpx2.Request("GET", urljoin(shop.origin, url), headers={"cookie": held}))
        cookies.update(dict(header.partition(";")[0].split("=") for header in response.headers.get_list("set-cookie")))
        return response

    login = go("/").headers["location"]
    arrived = person.refused_at(go(login).headers["location"])
    assert arrived.startswith(f"{shop.origin}/callback?")
    return go(go(arrived).headers["location"]).text


def test_starlette(shop: Shop, person: Person) -> None:
    (shop.demo.folder / "shop.py").write_text(shop.shell().put(example("docs/log-people-in.md", "# shop.py")))
    command = ["uvicorn", "shop:app", "--port", str(shop.port)]
    with serving(command, shop.demo.folder, f"{shop.origin}/backchannel-logout"):
        assert person.open(f"{shop.origin}/").text == "Hello Alice Liddell"
        left = person.http.get(f"{shop.origin}/logout", headers={"sec-fetch-site": "same-origin"})
        assert left.url.path == "/logout"
        assert person.http.get(f"{shop.origin}/", follow_redirects=False).status_code == 303


def test_fastapi(shop: Shop, person: Person) -> None:
    app = shop.run(example("docs/log-people-in.md", "# fast_shop.py"))["app"]
    assert visit(shop, over_asgi(app), person) == '{"hello":"Alice Liddell"}'


def test_flask(shop: Shop, person: Person) -> None:
    app = shop.run(example("docs/log-people-in.md", "# flask_shop.py"))["app"]
    assert visit(shop, over_wsgi(app), person) == "Hello Alice Liddell"


@pytest.fixture
def django_shop(shop: Shop) -> Iterator[Send]:
    set_up_django()
    settings = shop.run(example("docs/log-people-in.md", "# settings.py"))
    urls = tuple(shop.run(example("docs/log-people-in.md", "# urls.py"))["urlpatterns"])
    with override_settings(
        ROOT_URLCONF=urls, MIDDLEWARE=settings["MIDDLEWARE"], GATELODGE_LOGIN=settings["GATELODGE_LOGIN"]
    ):
        yield over_wsgi(WSGIHandler())


def test_django(shop: Shop, django_shop: Send, person: Person) -> None:
    assert visit(shop, django_shop, person) == "Hello Alice Liddell"


def test_what_production_needs(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    login = shop.run(example("docs/log-people-in.md", "# production.py"))["login"]
    assert login.core.client.config.client_id == "my-shop"
    assert (tmp_path / "sessions.db").stat().st_mode & 0o077 == 0


def test_another_framework(shop: Shop, person: Person) -> None:
    answer = shop.run(example("docs/log-people-in.md", "# any_framework.py"))["answer"]
    jar: dict[str, str] = {}

    def go(url: str) -> tuple[int, dict[str, str]]:
        status, headers, cookies = answer("GET", urljoin(shop.origin, url), jar, {})
        jar.update({cookie.name: cookie.value for cookie in cookies})
        return status, headers

    arrived = person.refused_at(go(go("/orders")[1]["location"])[1]["location"])
    back = go(arrived)[1]["location"]
    assert (back, go(back)) == ("/orders", (200, {"x-user": "demo-alice"}))


# docs/keep-tokens.md


def test_tokens_are_kept_and_renewed(
    shop: Shop, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_KEY", "k" * 32)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keep.py").write_text(shop.shell().put(example("docs/keep-tokens.md", "# keep.py")))
    kept = shop.run("from keep import client, renewer")
    renewer: Renewer = kept["renewer"]
    renewer.keep("alice", signed_in(shop, kept["client"], person))

    shop.run(example("docs/keep-tokens.md", "# use.py"))
    first = renewer.access_token("alice")
    assert renewer.tokens("alice", refused=first).access_token != first


def signed_in(shop: Shop, client: OAuthClient, person: Person) -> Tokens:
    wanted = Wanted(scope="openid offline_access", redirect_uri=f"{shop.origin}/callback")
    begun = client.begin(wanted)
    return client.finish(begun.transaction, person.refused_at(begun.url))
