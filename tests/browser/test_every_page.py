"""The pages in a real browser: nothing to scroll sideways, nothing the policy forbids, everything within reach."""

from collections.abc import Generator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route
from tests.browser.chromium import Chromium
from tests.web.samples import every_page

from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Pages

pytestmark = pytest.mark.browser
SITE = "http://localhost:8000"
PAGES = Pages(SITE, demo=True)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltung " + "x" * 60
NAMES = sorted(every_page(PAGES))


class Opened:
    """Pages served to a browser as the server would, with what the browser complained of."""

    def __init__(self, chromium: Chromium, pages: dict[str, Reply], width: int = 320, scheme: str = "light") -> None:
        dark = "dark" if scheme == "dark" else "light"
        self.context = chromium.context(viewport={"width": width, "height": 640}, color_scheme=dark)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self._pages = pages
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self._serve)

    def open(self, name: str) -> Page:
        self.page.goto(f"{SITE}/page?name={name.replace(' ', '+')}")
        return self.page

    def _serve(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        query = parse_qs(address.query)
        if address.path.startswith("/static/"):
            reply = PAGES.assets.reply(address.path.removeprefix("/static/"), query["v"][0])
        else:
            reply = self._pages[query["name"][0]]
        assert reply is not None
        route.fulfill(status=reply.status, headers=dict(reply.headers), body=reply.body)


@pytest.fixture(params=["light", "dark"])
def narrow(request: pytest.FixtureRequest, chromium: Chromium) -> Generator[Opened]:
    opened = Opened(chromium, every_page(PAGES, LONG), scheme=request.param)
    yield opened
    opened.context.close()


def test_at_320_pixels_nothing_is_scrolled_sideways_and_the_policy_forbids_nothing(narrow: Opened) -> None:
    widths = {name: narrow.open(name).evaluate("document.documentElement.scrollWidth") for name in NAMES}

    assert {name: width for name, width in widths.items() if width > 320} == {}
    assert [text for text in narrow.complaints if "status of" not in text] == []


def test_the_style_sheet_and_the_icon_arrive(narrow: Opened) -> None:
    page = narrow.open("sign in")

    assert page.evaluate("getComputedStyle(document.querySelector('.lodge')).borderTopStyle") == "solid"


def test_signing_in_needs_only_the_keyboard(chromium: Chromium) -> None:
    opened = Opened(chromium, every_page(PAGES, ""))  # nothing is filled in: the name comes first
    page = opened.open("sign in")

    page.wait_for_function("document.activeElement.id === 'username'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "password"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "submit"
    opened.context.close()


def test_what_has_the_focus_can_be_seen(chromium: Chromium) -> None:
    opened = Opened(chromium, every_page(PAGES))
    page = opened.open("consent")
    for _ in range(page.locator("a, input:not([type=hidden]), button").count()):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    opened.context.close()


def test_every_control_is_large_enough_to_be_hit(chromium: Chromium) -> None:
    opened = Opened(chromium, every_page(PAGES))
    for name in ("sign in", "consent", "select account", "sign out"):
        for box in (
            opened.open(name).locator("button, input:not([type=hidden]):not([type=checkbox]), label.scope").all()
        ):
            found = box.bounding_box()
            assert found is not None
            assert found["height"] >= 44
    opened.context.close()


def test_no_page_of_the_flow_needs_a_script() -> None:
    for name in ("sign in", "consent", "select account", "sign out", "error"):
        assert b"<script" not in every_page(PAGES)[name].body
