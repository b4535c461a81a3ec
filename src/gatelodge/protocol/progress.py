"""How far an authorization request has come: who is there, and what they answered on its way."""

from dataclasses import dataclass, replace
from typing import Literal

# Why a page is shown once more: it took too long, the request was answered before, or its form was out of date.
Again = Literal["", "late", "finished", "changed"]


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """A person who is signed in in this browser.

    `auth_time` is when they last proved who they are, in seconds since 1970. `session_id` is the row of the session,
    `sid` its public name: both stay when they sign in once more. `amr` is a list of space-joined methods (RFC 8176).
    `visited` says that the client of this request was told of the session before.
    """

    user_id: int
    sub: str
    session_id: int
    sid: str
    auth_time: int
    amr: str
    acr: str
    visited: bool = False


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What a person answered on the consent page of this interaction: of the scopes `asked`, those they `allowed`.

    `resource` are the APIs they were asked about, `left_out` those they allowed nothing at. `permissions` are the
    allowed scopes at each API of the request, `refused` those that were asked and not allowed.
    """

    sub: str
    asked: tuple[str, ...]
    allowed: tuple[str, ...]
    resource: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """What this interaction has already seen. Kept by the server, bound to the browser that began it.

    `session_id` is the session of the sign-in that happened for this request, 0 while none did. `chosen_sub` is the
    account the person picked. `refused` when they cancelled or denied. `again` says why they are asked once more, until
    they answer.
    """

    session_id: int = 0
    chosen_sub: str | None = None
    consent: ConsentAnswer | None = None
    refused: bool = False
    again: Again = ""

    def sign_in(self, session_id: int) -> "Progress":
        """Return it with somebody signed in for it, which began this session."""
        return replace(self, session_id=session_id, again="")

    def choose(self, sub: str) -> "Progress":
        """Return it with an account picked."""
        return replace(self, chosen_sub=sub, again="")

    def answer(self, consent: ConsentAnswer) -> "Progress":
        """Return it with the consent page answered."""
        return replace(self, consent=consent, again="")

    def refuse(self) -> "Progress":
        """Return it with the person's no."""
        return replace(self, refused=True)

    def ask_again(self, why: Again) -> "Progress":
        """Return it for asking the person once more, after a page came back that nothing was taken of."""
        return replace(self, again=why)
