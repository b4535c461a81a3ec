"""What a browser says it is, read once at a sign-in into names of our own: nothing a stranger wrote is kept or shown.

Every browser claims to be others as well, so the order is what tells them apart; whoever lies is believed, since this
is for a person who looks for the browser they know, and for nothing else.
"""

from typing import NamedTuple

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class Device(NamedTuple):
    """A browser and the system it runs on, each empty if it is none we know."""

    browser: str
    system: str


def device_of(user_agent: str) -> Device:
    """Return what a `User-Agent` header claims (RFC 9110 10.1.5)."""
    return Device(*(next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)))
