"""An authenticator for the browser of a test: Chromium's own virtual one, over its debugging protocol."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession
from tests.browser.visitor import Visitor


@dataclass
class VirtualAuthenticator:
    """What is built into somebody's device: it verifies them, and says yes at once unless told otherwise."""

    session: CDPSession
    id: str

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """The passkeys it has."""
        return self._send("getCredentials")["credentials"]

    def forget(self, credential_id: str) -> None:
        self._send("removeCredential", credentialId=credential_id)

    def say_yes(self, *, at_once: bool) -> None:
        """Have it say yes to every request at once, or to none."""
        self._send("setAutomaticPresenceSimulation", enabled=at_once)

    def put(self, credential: dict[str, Any]) -> None:
        self._send("addCredential", credential=credential)

    def _send(self, act: str, **members: Any) -> dict[str, Any]:
        return self.session.send(f"WebAuthn.{act}", {"authenticatorId": self.id, **members})  # pyright: ignore


def authenticator_of(visitor: Visitor) -> VirtualAuthenticator:
    """Give a visitor's tab an authenticator that is built in."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    visitor.has_authenticator = True
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return VirtualAuthenticator(session, made["authenticatorId"])
