"""What a renewer tells the application."""

from collections.abc import Callable
from dataclasses import dataclass

from gatelodge.client.errors import OAuthClientError, TokenRefused


@dataclass(frozen=True, slots=True)
class Renewed:
    """A grant has new tokens."""

    name: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The server takes a refresh token no more: the person has to sign in again.

    After `answer_was_lost` the token had been presented before in vain: if the server had replaced it then, it does not
    say twice by what. Otherwise the token expired, or was revoked.
    """

    name: str
    error: TokenRefused
    answer_was_lost: bool


@dataclass(frozen=True, slots=True)
class Delayed:
    """A grant could not be renewed now and is tried again at `again_at`, in seconds since 1970."""

    name: str
    error: OAuthClientError
    again_at: int


Event = Renewed | Lost | Delayed
Tell = Callable[[Event], object]
