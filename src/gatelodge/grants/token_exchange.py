"""Token exchange (RFC 8693): a token of a person becomes another one, for another API, by which somebody acts for them.

The new token rests on what the presented one rests on, and ends with it: what came of an authorization is one tree of
families. It is never good for longer, and no refresh token comes with it.
"""

from msgspec import Struct
from msgspec.structs import replace

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award, FamilyRef, Grounds
from gatelodge.grants.contract import Grant, GrantContext
from gatelodge.grants.families import begin_family, pass_on
from gatelodge.grants.presented_subjects import PresentedSubject, actor_of, held, subject_of, unknown
from gatelodge.protocol import rules
from gatelodge.protocol.checks import need, one, some
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.scope import parse_scope
from gatelodge.protocol.targets import Resolved
from gatelodge.protocol.token_exchange import (
    ACCESS_TOKEN,
    GRANT_TYPE,
    JWT,
    TYPES,
    ActingParty,
    TokenKind,
    check_kind,
    check_may_act,
    longer,
    target_of,
)
from gatelodge.stores import users
from gatelodge.telemetry.events import Impersonated, TokenExchanged


class ExchangeRequest(Struct, frozen=True):
    """An exchange as it was asked for; `scope` is `None` for all that is due. `subject` and `actor` are proven."""

    subject_token: str
    subject_type: str
    actor_token: str | None
    actor_type: str | None
    requested_type: str | None
    scope: tuple[str, ...] | None
    resource: tuple[str, ...]
    subject: PresentedSubject | None = None
    actor: ActingParty | None = None

    def __repr__(self) -> str:
        return "ExchangeRequest(...)"

    @property
    def kind(self) -> TokenKind:
        """Which kind of token is to be exchanged, once its type was checked."""
        return TYPES[self.subject_type]


class TokenExchange(Grant[ExchangeRequest]):
    """Exchanges a person's token for one by which the client, or another actor, acts for them at another API."""

    grant_type = GRANT_TYPE
    parameters = frozenset(
        {"subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type"}
        | {"audience", "resource", "scope"}
    )
    checks = (
        need("subject_token"),
        need("subject_token_type"),
        one(rules.SCOPE_SYNTAX, "scope"),
        one(rules.EXCHANGE_TYPE),
        one(rules.EXCHANGE_POLICY),
        one(rules.EXCHANGE_SUBJECT),
        one(rules.EXCHANGE_ACTOR, "actor_token"),
        one(rules.EXCHANGE_SUBJECT),
        one(rules.EXCHANGE_MAY_ACT),
        one(rules.EXCHANGE_CHAIN),
        one(rules.EXCHANGE_TARGET),
        one(rules.TARGET_KNOWN, "resource"),
        one(rules.SCOPE_ALLOWED),
        one(rules.SCOPE_OF_RESOURCE),
        one(rules.TARGET_ONE),
        one(rules.EXCHANGE_TYPE, "requested_token_type"),
        some(rules.ACCOUNT_ENABLED, rules.CONSENT_STANDS),
    )
    for_public_clients = False

    def read(self, params: Params) -> ExchangeRequest:
        token, kind, scope = params.get("subject_token"), params.get("subject_token_type"), params.get("scope")
        if token is None or kind is None:
            raise OAuthError("invalid_request", "subject_token or subject_token_type is missing", rules.REQUIRED)
        return ExchangeRequest(
            token,
            kind,
            params.get("actor_token"),
            params.get("actor_token_type"),
            params.get("requested_token_type"),
            None if scope is None else parse_scope(scope),
            tuple(dict.fromkeys((*params.all("resource"), *params.all("audience")))),
        )

    async def prepare(self, asked: ExchangeRequest, context: GrantContext) -> ExchangeRequest:
        _check_types(asked)
        check_kind(context.client, asked.kind)
        subject = await subject_of(asked.kind, asked.subject_token, context)
        actor = (
            ActingParty(context.client.id) if asked.actor_token is None else await actor_of(asked.actor_token, context)
        )
        check_may_act(subject.claims, actor, context.client, context.issuer)
        return replace(asked, subject=subject, actor=actor)

    def place(self, asked: ExchangeRequest) -> int | None:
        subject = asked.subject
        return None if subject is None else place_of(subject.family[0] if subject.family else subject.user_id)

    async def redeem(self, tx: Tx, asked: ExchangeRequest, context: GrantContext) -> Award:
        subject, actor = asked.subject, asked.actor
        if subject is None or actor is None:
            raise RuntimeError("an exchange is redeemed only after prepare() proved its tokens")
        found = await held(tx, subject, context)
        silent = asked.actor_token is None and context.client.impersonates
        chain = found.grounds.act if silent else longer(actor, found.grounds.act)
        resolved = target_of(context.client, found.access, (asked.scope, asked.resource), context.apis, context.issuer)
        _check_format(asked, resolved)
        grounds = await _grounds(tx, found.grounds, chain, resolved, context)
        family = await _rest_on(tx, subject, grounds, found.until, context)
        who, user_id = context.client.id, grounds.user_id
        return Award(
            context.client,
            resolved.scope,
            resolved.target,
            TokenExchanged(
                client_id=who,
                user_id=user_id,
                kind=asked.kind,
                acting="" if silent else actor.sub,
                through=" ".join(grounds.via),
                scope=" ".join(resolved.scope),
            ),
            grounds,
            family,
            warning=Impersonated(client_id=who, user_id=user_id) if silent else None,
            until=found.until,
            issued_token_type=ACCESS_TOKEN,
        )


async def _grounds(
    tx: Tx, before: Grounds, chain: tuple[ActingParty, ...], resolved: Resolved, context: GrantContext
) -> Grounds:
    """Return what the new token rests on: the same sign-in, for less, by whoever acts. Raises `OAuthError`."""
    user, api = await users.find(tx, before.user_id), resolved.target.api
    if user is None:
        raise unknown()
    return replace(
        before,
        sub=context.subjects.told(context.client, user.sub),
        scope=resolved.scope,
        resource=() if api is None else (api.identifier,),
        claims_userinfo=(),
        claims_id_token=(),
        client_generation=context.client.generation,
        act=chain,
    )


async def _rest_on(tx: Tx, subject: PresentedSubject, new: Grounds, until: int, context: GrantContext) -> FamilyRef:
    if subject.family is None:
        return await begin_family(tx, context, new, with_refresh=False)
    family = await pass_on(tx, context, subject.family, new, until)
    if family is None:
        raise unknown()
    return family


def _check_types(asked: ExchangeRequest) -> None:
    if (asked.actor_token is None) is not (asked.actor_type is None) or asked.actor_type not in (None, ACCESS_TOKEN):
        description = "actor_token is an access token, and actor_token_type says so"
        raise OAuthError("invalid_request", description, rules.EXCHANGE_TYPE)
    if asked.subject_type not in TYPES or asked.requested_type not in (None, ACCESS_TOKEN, JWT):
        description = "subject_token_type or requested_token_type is one that is not exchanged here"
        raise OAuthError("invalid_request", description, rules.EXCHANGE_TYPE)


def _check_format(asked: ExchangeRequest, resolved: Resolved) -> None:
    api = resolved.target.api
    if asked.requested_type == JWT and api is not None and api.token_format != "jwt":
        description = "requested_token_type is jwt, and the API's access tokens are none"
        raise OAuthError("invalid_request", description, rules.EXCHANGE_TYPE)
