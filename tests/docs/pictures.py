"""The pictures of the documentation: our own pages, as a browser draws them. `make pictures` makes them anew.

They are drawn by whatever Chromium and fonts a machine has, so no test compares them byte for byte.
"""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route
from tests.browser.chromium import Chromium
from tests.docs.small_png import small

from gatelodge.authn.provider import ProviderButton
from gatelodge.demo import corp
from gatelodge.protocol.reply import Reply
from gatelodge.web.login import Neighbour
from gatelodge.web.looks import read_looks
from gatelodge.web.pages import Allows, Pages

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DEMO = Pages("http://localhost:8000", demo=True, registers=True, recovers=True)
OURS = Pages("https://id.example.com", recovers=True)
CORP = Pages(corp.issuer(8005), looks=read_looks(corp.LOOKS))
SIZE = {"width": 640, "height": 560}
BUTTONS = (("Microsoft", "entra"), ("Google", "google"), ("GitHub", "github"), ("Example Corp", "oidc"))


def pictures() -> Mapping[str, tuple[Pages, Reply]]:
    """Return every picture by the name of its file: whose page it is, and the page."""
    return {
        "sign-in.png": (DEMO, sign_in(DEMO, "Demo web shop", ("Example Corp", "oidc"))),
        "sign-in-with-providers.png": (OURS, sign_in(OURS, "Orchard", *BUTTONS)),
        "connect-an-account.png": (OURS, connect(OURS, "Microsoft", "ada@example.com")),
        "example-corp.png": (CORP, sign_in(CORP, "Gatelodge demo")),
    }


def sign_in(pages: Pages, client_name: str, *buttons: tuple[str, str]) -> Reply:
    """Return the sign-in page with the buttons of these providers, each by its label and kind."""
    shown = [ProviderButton("", label, kind) for label, kind in buttons]
    beside = [Neighbour("authn/provider_buttons.html", "", {"buttons": shown})] if shown else []
    return _page(pages, "authn/password", client_name=client_name, beside=beside, given={"username": ""})


def connect(pages: Pages, label: str, shown: str) -> Reply:
    """Return the page of who comes from a provider for the first time, and has an account."""
    about = {"label": label, "shown": shown, "is_owner": True, "person_name": "", "sign_in": "", "begin": ""}
    return _page(pages, "providers/link", **about)


def _page(pages: Pages, template: str, **values: Any) -> Reply:
    nothing: dict[str, Any] = dict.fromkeys(("action", "csrf", "query", "page", "again", "client_uri", "beginning"), "")
    return pages.render(template, allows=Allows(forms="here"), problem=None, entries=(), **(nothing | values))


def main() -> None:
    """Draw them all."""
    chromium = Chromium()
    try:
        for name, (pages, reply) in pictures().items():
            tab = chromium.context(viewport=SIZE, color_scheme="light").new_page()
            tab.route("**/*", partial(_serve, pages, reply))
            tab.goto(f"{pages.issuer}/")
            tab.evaluate("document.activeElement.blur()")
            (IMAGES / name).write_bytes(small(tab.screenshot(full_page=True)))
            sys.stdout.write(f"{name}: {(IMAGES / name).stat().st_size} bytes\n")
    finally:
        chromium.close()


def _serve(pages: Pages, page: Reply, route: Route) -> None:
    address = urlsplit(route.request.url)
    name, version = address.path.removeprefix("/static/"), parse_qs(address.query).get("v", [""])[0]
    reply = page if address.path == "/" else pages.assets.reply(name, version)
    if reply is None:
        route.abort()
    else:
        route.fulfill(status=reply.status, headers=dict(reply.headers), body=reply.body)


if __name__ == "__main__":
    main()
