"""A person in front of the browser: what is done on our pages, and everything the browser complained of."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, expect
from tests.browser.accounts import Person

from gatelodge.authn.passkeys import AFTER

PATIENCE = 30_000  # milliseconds: a page that takes one second here takes ten where others are at work
expect.set_options(timeout=PATIENCE)


@dataclass
class Visitor:
    """Somebody with a browser of their own at one server. `page` is the tab they look at."""

    site: str
    context: BrowserContext
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list[str], init=False)
    has_authenticator: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        self.context.on("response", self._answered)
        self.page = self.context.new_page()

    def open(self, path: str) -> None:
        """Go to a path of the server, or to a whole address."""
        self.page.goto(self.site + path if path.startswith("/") else path)

    def sign_in(self, person: Person) -> None:
        """Fill in the sign-in page and send it."""
        self.page.fill("#username", person.username)
        self.page.fill("#password", person.password)
        with self.page.expect_navigation():
            self.page.click("#submit")
        if not self.has_authenticator:
            self.decline_passkey()

    def decline_passkey(self) -> None:
        """Say no to a passkey, if one is offered."""
        if urlsplit(self.page.url).path.endswith(AFTER):
            with self.page.expect_navigation():
                self.page.click("#later")

    def allow(self) -> None:
        """Answer the consent page with yes."""
        self.page.click("#allow")

    def enter_demo(self, person: Person, query: str = "") -> None:
        """Sign in at the web application, allow what it asks, and be back."""
        self.open(f"/demo/web/login{query}")
        self.sign_in(person)
        self.allow()
        self.page.wait_for_selector("#signed-in")

    def text(self) -> str:
        """Return what the page says."""
        return self.page.inner_text("main")

    def width_of_content(self) -> int:
        """Return how many pixels the page needs."""
        settled = self.page.wait_for_function(
            "document.readyState === 'complete' && document.documentElement.scrollWidth"
        )
        return int(settled.json_value())

    def _heard(self, message: ConsoleMessage) -> None:
        # The status of a page is the tests' business, and of anything on a page it is `_answered`'s.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        request = response.request
        on_page = request.resource_type not in ("document", "fetch") and response.status >= 400
        if response.status >= 500 or on_page:
            self.complaints.append(f"{response.status}: {request.url}")
