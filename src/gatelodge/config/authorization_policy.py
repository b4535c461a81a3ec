"""`[authorization]`: what is demanded of authorization requests."""

from dataclasses import dataclass

from gatelodge.config.setting import setting


@dataclass(frozen=True, slots=True)
class AuthorizationPolicy:
    """`[authorization]`: how applications ask for a sign-in."""

    require_pushed: bool = setting(
        False,
        "Take authorization requests only from clients that pushed them to /par first (RFC 9126). A client may also be"
        " registered so by itself.",
    )
    pushed_lifetime: int = setting(
        60, "Seconds in which a browser must bring a request that was pushed.", low=5, high=600
    )
