"""What was authorized, before anything is signed: drawn up by a grant or the authorization endpoint."""

import msgspec
from msgspec import Struct

from gatelodge.protocol.client import Client, SigningAlg
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.reply import Headers
from gatelodge.protocol.targets import Target
from gatelodge.protocol.token_exchange import ActingParty
from gatelodge.telemetry.events import Event


class Grounds(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person's authorization rests on; kept with the family, so every later token says the same.

    `scope` and `resource` are all that was granted. `claims_userinfo` and `claims_id_token` name the claims asked for
    one by one (OpenID Connect Core 5.5). `client_generation` is that of the client's registration: what rests on an
    earlier registration of its id is nobody's. `act` are those who act for the person, the newest first, and `via` the
    clients through which it came, the first first (RFC 8693). `jkt` names the key that refresh tokens are bound to, if
    they are.
    """

    user_id: int
    sub: str
    sid: str
    auth_time: int
    amr: str
    acr: str
    scope: tuple[str, ...]
    resource: tuple[str, ...] = ()
    claims_userinfo: tuple[str, ...] = ()
    claims_id_token: tuple[str, ...] = ()
    client_generation: int = 0
    act: tuple[ActingParty, ...] = ()
    via: tuple[str, ...] = ()
    jkt: str = ""


def grounds_of(decided: Issue, client: Client, sub: str) -> Grounds:
    """Return what a decision comes to; the client knows the person as `sub`."""
    person = decided.signed_in
    return Grounds(
        user_id=person.user_id,
        sub=sub,
        sid=person.sid,
        auth_time=person.auth_time,
        amr=person.amr,
        acr=person.acr,
        scope=decided.scope,
        resource=decided.resource,
        claims_userinfo=decided.claims_userinfo,
        claims_id_token=decided.claims_id_token,
        client_generation=client.generation,
    )


class FamilyRef(Struct, frozen=True):
    """A family and the generation of refresh token to hand out; generation 0 hands out none."""

    id: int
    nonce: bytes
    generation: int


class Award(Struct, frozen=True):
    """What a grant lets a client have: tokens are made of it after the commit.

    `scope` is this access token's. `nonce` goes into the ID token of the first exchange.

    `event` is what happened; `warning` a second event, that this is a legacy grant or looks like a thief. `headers` go
    with the answer. `until` is when the access token ends at the latest, in seconds since 1970; `issued_token_type` is
    said where another token was given for it (RFC 8693 2.2.1).
    """

    client: Client
    scope: tuple[str, ...]
    target: Target
    event: Event
    grounds: Grounds | None = None
    family: FamilyRef | None = None
    nonce: str | None = None
    warning: Event | None = None
    headers: Headers = ()
    until: int | None = None
    issued_token_type: str | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened, and what to be warned of."""
        return (self.event,) if self.warning is None else (self.event, self.warning)

    @property
    def opaque(self) -> bool:
        """Whether the access token is a reference to a row instead of a JWT."""
        return self.target.api is not None and self.target.api.token_format == "opaque"

    @property
    def signing_alg(self) -> SigningAlg:
        """The algorithm of the access token when it is a JWT."""
        return self.target.api.signing_alg if self.target.api else "ES256"
