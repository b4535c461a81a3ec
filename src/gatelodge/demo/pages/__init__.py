"""The demo's applications: what a web, a single-page and a legacy application do with this server, step by step.

They are clients like any other: they reach the server over HTTP and know nothing of its inside. Only `gatelodge demo`
mounts them, on loopback.
"""

from gatelodge.client.sending.http import AsyncSend
from gatelodge.clock import Entropy
from gatelodge.demo.pages.backend import Fetch
from gatelodge.demo.pages.leaving import LeavingDemo
from gatelodge.demo.pages.legacy import LegacyDemo
from gatelodge.demo.pages.spa import SpaDemo
from gatelodge.demo.pages.visits import Visits
from gatelodge.demo.pages.web import WebDemo
from gatelodge.endpoints.routes import Route
from gatelodge.web.pages import Pages


def routes(pages: Pages, fetch: Fetch, send: AsyncSend, entropy: Entropy) -> tuple[Route, ...]:
    """Return the demo's rows of the route table; `fetch` and `send` are how its back ends reach the server."""
    visits = Visits(entropy)
    web, leaving = WebDemo(pages, fetch, entropy, visits), LeavingDemo(pages.issuer, send, visits)
    spa = SpaDemo(pages)
    legacy = LegacyDemo(pages, fetch, entropy, Visits(entropy))
    return (
        Route("demo_web", "/demo/web", {"GET": web.show}),
        Route("demo_web_login", "/demo/web/login", {"GET": web.login}, acts=True),
        Route("demo_web_callback", "/demo/web/callback", {"GET": web.callback}, acts=True),
        Route("demo_web_act", "/demo/web/act", {"POST": web.act}),
        Route("demo_web_leaving", "/demo/web/backchannel-logout", {"POST": leaving.hear}, "machine"),
        Route("demo_spa", "/demo/spa", {"GET": spa.show}),
        Route("demo_spa_callback", "/demo/spa/callback", {"GET": spa.show}),
        Route("demo_legacy", "/demo/legacy", {"GET": legacy.show}),
        Route("demo_legacy_start", "/demo/legacy/start", {"GET": legacy.start}, acts=True),
        Route("demo_legacy_callback", "/demo/legacy/callback", {"GET": legacy.callback}, acts=True),
        Route("demo_legacy_password", "/demo/legacy/password", {"POST": legacy.password}),
    )
