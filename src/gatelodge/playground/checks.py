"""What the sample application checks itself; the server has no part in it."""

from collections.abc import Mapping

from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule

STATE = Rule("client.state", "an answer carries the state that was given to this very browser", "RFC 9700 4.7")
ISS = Rule("client.iss", "an answer comes from the server that was asked", "RFC 9207 2.4")
WHOLE = Rule("client.whole", "an answer holds everything that was asked for", "OIDC Core 3.2.2.5")
SIGNATURE = Rule("client.signature", "an ID token is signed with the server's published key", "OIDC Core 3.2.2.11")
NONCE = Rule("client.nonce", "an ID token carries the nonce of the request it answers", "OIDC Core 3.1.3.7")
AT_HASH = Rule("client.at_hash", "an ID token names the access token that came with it", "OIDC Core 3.2.2.9")
C_HASH = Rule("client.c_hash", "an ID token names the code that came with it", "OIDC Core 3.3.2.10")
LOGOUT_TOKEN = Rule("client.logout_token", "a logout token says that it is one", "Back-Channel Logout 1.0 2.6")

WHY: Mapping[str, str] = {
    STATE.id: "The application remembers which state it gave to which browser. This answer was not asked for here, so "
    "nothing in it is used: not the code, not even an error.",
    ISS.id: "iss names another server than the one that was asked, or none.",
    WHOLE.id: "Who takes something out of an answer takes the checks out that depend on it.",
    LOGOUT_TOKEN.id: "The signature is the server's, and the token is about something else: it has no event that says "
    "a session is over, and perhaps a nonce. A token that is good for one thing is good for nothing else.",
    SIGNATURE.id: "The signature belongs to other words. Nothing in the token is believed before it is verified: not "
    "who it is about, not whom it is for.",
    NONCE.id: "The ID token was made for another request.",
    AT_HASH.id: "The ID token is genuine. Its at_hash is the digest of another access token than the one beside it, so "
    "the two were not made together.",
    C_HASH.id: "The ID token is genuine. Its c_hash is the digest of another code than the one beside it, so the two "
    "were not made together.",
}

_OF_THE_LIBRARY = {
    rules.JWT_SIGNATURE.sentence: SIGNATURE,
    rules.JWT_KEY.sentence: SIGNATURE,
    "nonce is the one this sign-in began with": NONCE,
    "at_hash fits what came with the token": AT_HASH,
    "c_hash fits what came with the token": C_HASH,
}


def of_library(check: str) -> Rule:
    """Return the rule of a check that `gatelodge.client` made; one without a place here is told in its own words."""
    return _OF_THE_LIBRARY.get(check) or Rule("client.id_token", check, "OIDC Core 3.1.3.7")
