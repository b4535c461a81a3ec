"""What scripts of ours can read of who is signed in: nothing, but whether it changed.

For OpenID Connect Session Management 1.0, which applications ask in a frame. It is a cookie beside that of the session,
which follows from the session's row: it changes with the account, and not when the same person signs in once more.
"""

from gatelodge.clock import Entropy
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import b64
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.redirect_uri import origin_of
from gatelodge.protocol.reply import Cookie, Reply
from gatelodge.protocol.session_state import session_state
from gatelodge.sessions.cookies import SESSION, Incoming

STATE = "gatelodge-state"  # the cookie
SALT_BYTES = 12
NO_STATE = Cookie(STATE, "", 0, for_frames=True)


class BrowserStates:
    """Says what state a browser is in. `mint` is the instance's."""

    def __init__(self, mint: Mint, entropy: Entropy) -> None:
        self._mint = mint
        self._entropy = entropy

    def told(self, client_id: str, redirect_uri: str, person: SignedInPerson) -> dict[str, str]:
        """Return what an answer that goes there says of it: nothing, where no page of the client can ask."""
        origin, salt = origin_of(redirect_uri), b64(self._entropy.bytes(SALT_BYTES))
        said = origin and session_state(client_id, origin, self._of(person.session_id), salt)
        return {"session_state": said} if said else {}

    def follow(self, reply: Reply) -> Reply:
        """Return an answer that changes who is signed in with the cookie that says so."""
        session = next((cookie for cookie in reversed(reply.cookies) if cookie.name == SESSION), None)
        if session is None:
            return reply
        named = self._mint.take_apart(session.value)
        if named is None:
            return reply.with_cookies(NO_STATE)
        return reply.with_cookies(Cookie(STATE, self._of(named.row_id), session.max_age, for_frames=True))

    def mended(self, request: Incoming, person: SignedInPerson | None) -> tuple[Cookie, ...]:
        """Return the cookie to set where a browser says otherwise than it is: a session may end elsewhere."""
        there = "" if person is None else self._of(person.session_id)
        if request.cookies.get(STATE, "") == there:
            return ()
        return (Cookie(STATE, there, None, for_frames=True) if there else NO_STATE,)

    def _of(self, session_id: int) -> str:
        return b64(self._mint.digest("browser state", session_id.to_bytes(8)))
