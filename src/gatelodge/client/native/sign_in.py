"""Signing a person in from a program on their own machine (RFC 8252): the system's browser and a loopback redirect.

Without a browser it is the device grant (RFC 8628), if the server has it; else the person is told the URL to open.
"""

import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import sleep as wait

from gatelodge.client.client import OAuthClient
from gatelodge.client.errors import ServerRefused
from gatelodge.client.errors import SignInTimedOut as SignInTimedOut
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.device import Pause
from gatelodge.client.messages.tokens import Narrowed, Tokens
from gatelodge.client.native.loopback import Loopback
from gatelodge.client.sending.sender import checked_url
from gatelodge.protocol.device import GRANT_TYPE

PATIENCE = 300  # seconds a person has at the browser


@dataclass(frozen=True, slots=True)
class InBrowser:
    """The browser was opened at this URL: say so, and where to go if it was not."""

    url: str


@dataclass(frozen=True, slots=True)
class OpenUrl:
    """There is no browser here: the person has to open this URL in one on this machine."""

    url: str


@dataclass(frozen=True, slots=True)
class EnterCode:
    """The person has to open a page on any device and enter a code. `complete` is the page with the code filled in."""

    page: str
    code: str
    complete: str | None


Prompt = InBrowser | OpenUrl | EnterCode
Open = Callable[[str], bool]


def system_browser(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Open | None:
    """Return what opens a URL in the person's browser, `None` if there is no browser they could see."""
    if not _has_screen(environ, platform):
        return None
    try:
        webbrowser.get()
    except webbrowser.Error:
        return None
    return open_in_browser


def _has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a window would be seen. A browser that the person named themselves needs none."""
    if environ.get("BROWSER"):
        return True
    if platform in ("darwin", "win32", "cygwin"):
        return "SSH_CONNECTION" not in environ
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_in_browser(url: str) -> bool:
    """Open a web page; return whether a browser took it. Raises `AddressRefused` for anything but a web page."""
    checked_url(url)
    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """How a program signs people in.

    `tell` shows a `Prompt` to the person. `browser` is `None` if there is none. `path` and `port` are of the redirect
    URI on 127.0.0.1; port 0 is any free one, which servers allow for native clients (RFC 8252 7.3). `patience` is in
    seconds. `sleep` waits between two questions whether a code was entered.
    """

    tell: Callable[[Prompt], None]
    browser: Open | None = field(default_factory=system_browser)
    path: str = "/callback"
    port: int = 0
    patience: float = PATIENCE
    sleep: Pause = wait

    def sign_in(self, client: OAuthClient, wanted: Wanted) -> Tokens:
        """Sign somebody in, in whatever way there is.

        Raises `SignInTimedOut`, `AuthorizationRefused`, `TokenRefused`, `IdTokenRejected`, `ServerUnavailable`.
        """
        if self.browser is None and self._has_device_grant(client):
            try:
                return self.sign_in_on_device(client, wanted)
            except ServerRefused as refused:
                if refused.error != "unauthorized_client":
                    raise
        return self.sign_in_by_browser(client, wanted)

    def sign_in_by_browser(self, client: OAuthClient, wanted: Wanted) -> Tokens:
        """Send the person to the server and wait for the answer on a port of this machine."""
        with Loopback(self.path, self.port) as loopback:
            begun = client.begin(loopback.asking(wanted))
            outcome = loopback.listen(lambda url: client.finish(begun.transaction, url))
            opened = self.browser is not None and self.browser(checked_url(begun.url).geturl())
            self.tell(InBrowser(begun.url) if opened else OpenUrl(begun.url))
            try:
                return outcome.result(self.patience)
            except TimeoutError:
                raise SignInTimedOut(f"nobody signed in within {self.patience:.0f} seconds") from None

    def sign_in_on_device(self, client: OAuthClient, wanted: Wanted) -> Tokens:
        """Show a code, and ask the server until the person has entered it somewhere (RFC 8628 3.4, 3.5).

        Raises also `SignInCancelled`, if `sleep` returns `True`.
        """
        begun = client.begin_on_device(Narrowed(scope=" ".join(wanted.scopes), resource=wanted.resource))
        self.tell(EnterCode(begun.verification_uri, begun.user_code, begun.verification_uri_complete))
        return client.wait_on_device(begun, self.sleep)

    @staticmethod
    def _has_device_grant(client: OAuthClient) -> bool:
        metadata = client.metadata()
        said = metadata.grant_types_supported
        return metadata.device_authorization_endpoint is not None and (not said or GRANT_TYPE in said)
