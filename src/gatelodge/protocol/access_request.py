"""What a client wants a person to allow, in whatever way it asks: an authorization request is one of them."""

from dataclasses import dataclass, field

from gatelodge.protocol.claim_scopes import STANDARD, ClaimScopes

NOBODY = ""  # the `hinted_sub` of a request whose hint could not be verified: it says nobody, so the person is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Who should sign in and how, and what they are asked to allow. It says nothing of how the client is answered.

    `resource` names the APIs it is for, those included that follow from the scopes; `permissions` are the scopes at
    each of them, since two APIs may have scopes of one name (`targets.permission`). `max_age` is in seconds.
    `hinted_sub` is the one person it may be answered for, `NOBODY` if that person has to say so. `essential_acr` are
    the values one of which must be reached. `claims_userinfo` and `claims_id_token` name claims that are asked for one
    by one, `claim_scopes` says which scopes stand for them.
    """

    scope: tuple[str, ...]
    resource: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    login_hint: str | None = None
    hinted_sub: str | None = None
    acr_values: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    ui_locales: tuple[str, ...] = ()
    claims_userinfo: tuple[str, ...] = ()
    claims_id_token: tuple[str, ...] = ()
    claim_scopes: ClaimScopes = field(default=STANDARD, compare=False)
