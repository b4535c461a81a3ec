"""The browser that tests look through: found on this machine, or installed once if that is possible."""

import os
import shutil
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright
from tests.packages import install

NAMED = "GATELODGE_TEST_CHROMIUM"
USUAL = ("/usr/bin/chromium", "chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
MISSING = f"NO BROWSER: the pages were not looked at; install chromium, or name one with {NAMED}"
INSTALL_SECONDS = 180
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Chromium:
    """One headless Chromium, started when a page is wanted and again after it was closed."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def start(self) -> Browser:
        """Return the browser; it is started if it does not run. Skips the test if there is none."""
        if self._browser is None:
            self._playwright = sync_playwright().start()
            program = find(self._playwright.chromium.executable_path)
            if program is None:
                self.close()
                pytest.skip(MISSING)
            self._browser = self._playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        return self._browser

    def context(self, **options: Any) -> BrowserContext:
        """Return a new, empty profile."""
        return self.start().new_context(**options)

    def close(self) -> None:
        """End it. While it runs, its event loop occupies this thread, and no other loop can."""
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()
        self._browser = self._playwright = None


@cache
def find(playwrights_own: str) -> str | None:
    """Return the program to start, or `None` if there is none and none can be installed."""
    named = os.environ.get(NAMED)
    if named is not None:
        if shutil.which(named) is None:
            pytest.fail(f"{NAMED} names {named}, and that cannot be run", pytrace=False)
        return named
    return _first((*USUAL, playwrights_own)) or (install("chromium", INSTALL_SECONDS) and _first(USUAL)) or None


def _first(names: tuple[str, ...]) -> str | None:
    return next((found for found in map(shutil.which, names) if found), None)
