"""Who did something: what the audit trail says beside what happened, and to whom."""

from typing import Literal

from msgspec import Struct

ActorKind = Literal["person", "client", "operator", "server", "stranger"]


class Actor(Struct, frozen=True):
    """Who did something: a person, a client, an operator, the server by itself, or a stranger.

    `name` is a system user's for an operator, an id for a person or a client, else empty.

    An operator acts at the command line, the server by itself, and a stranger is whoever has proven nothing.
    """

    kind: ActorKind
    name: str = ""


SERVER = Actor("server")
