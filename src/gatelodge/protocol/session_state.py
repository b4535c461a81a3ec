"""What a client is told of a browser's session, so that a frame of ours can say later whether it is still so.

OpenID Connect Session Management 1.0 2 and 3.2. `web/static/check_session.js` computes the same in the browser.
"""

from hashlib import sha256


def session_state(client_id: str, origin: str, browser_state: str, salt: str) -> str:
    """Return the `session_state` of an answer to a client at this origin; `browser_state` has no space."""
    said = f"{client_id} {origin} {browser_state} {salt}"
    return f"{sha256(said.encode()).hexdigest()}.{salt}"
