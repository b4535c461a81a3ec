"""What every way to sign in answers: an `AuthnEvent`, or a refusal that tells the person nothing."""

from dataclasses import dataclass, field

from gatelodge.stores.users import User


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in: its name, the `amr` values it earns, space-joined (RFC 8176), and the `acr` it reaches."""

    name: str
    amr: str
    acr: str


@dataclass(frozen=True, slots=True)
class AuthnEvent:
    """A person proved who he is, just now. Made by a way to sign in and by nothing else.

    `password_hash` is what his password was compared with, if it was: one that was set meanwhile voids the proof.
    """

    user: User
    amr: str
    acr: str
    password_hash: str | None = field(default=None, repr=False, compare=False)


class SignInRefused(Exception):
    """A sign-in was refused. It carries no reason: unknown, wrong and disabled are one answer (ASVS 6.3.8)."""


class Throttled(SignInRefused):
    """A sign-in was not tried: too many failures. Say 429 and `Retry-After`, for unknown accounts, too."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after
