"""Which rules every endpoint checks, in order: what held for a request that was answered, or until one refused it.

The code that enforces a rule raises it and says nothing of those that held. This list says so for the inspector, and
tests send requests that break two rules at once to prove its order. Where two checks have no order that could be told
from outside, they stand in one stage: a refusal by one of them claims nothing of its neighbours. What a grant checks
after the token endpoint did, it states itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule

AUTHORIZATION_HEADER = "Authorization"  # stands among the names of parameters for the header that proves a client
DPOP_HEADER = "DPoP"  # and this for the one that proves a key


@dataclass(frozen=True, slots=True)
class Check:
    """A rule in its place.

    It is checked if one of `sent` came with the request (or `sent` is empty), none of `unsent` did, and one of `flow`
    is a word of the response type (or `flow` is empty). `needs` is the one parameter the rule demands here. What has an
    `event` is known to hold for an answered request only if that event happened. A rule that stands in several places
    holds when the last of them is passed.
    """

    rule: Rule
    sent: frozenset[str] = frozenset()
    unsent: frozenset[str] = frozenset()
    flow: frozenset[str] = frozenset()
    needs: str = ""
    event: str = ""

    def concerns(self, flow: str, sent: Collection[str]) -> bool:
        """Whether a request with these parameters and of this flow is checked for it."""
        if not self.unsent.isdisjoint(sent) or (self.sent and self.sent.isdisjoint(sent)):
            return False
        return not self.flow or not self.flow.isdisjoint(flow.split())

    def is_known(self, events: Collection[str]) -> bool:
        """Whether it held for a request that was answered after these events."""
        return not self.event or self.event in events

    @property
    def name(self) -> tuple[str, str]:
        """What is the same of a check in another place."""
        return self.rule.id, self.needs


Stage = tuple[Check, ...]
Stages = tuple[Stage, ...]


def one(rule: Rule, sent: str = "", unsent: str = "", flow: str = "", event: str = "") -> Stage:
    """Return a stage of one check; names and words are separated by spaces."""
    among, absent, flows = (frozenset(text.split()) for text in (sent, unsent, flow))
    return (Check(rule, among, absent, flows, event=event),)


def some(*of: Rule, sent: str = "") -> Stage:
    """Return a stage of several checks that have no order."""
    return tuple(Check(rule, frozenset(sent.split())) for rule in of)


def need(name: str) -> Stage:
    """Return the stage that demands a parameter."""
    return (Check(rules.REQUIRED, needs=name),)


_PROOF = f"{AUTHORIZATION_HEADER} client_secret client_assertion"
_ASSERTION = "client_assertion"
_HINT = "id_token_hint"
_OBJECT = "request"


def _proven(token: str) -> Stages:
    """Return how the JOSE door looks at the token in this parameter, once it was taken apart."""
    return (
        one(rules.JWT_ALG, token),
        one(rules.JWT_TYP, token),
        one(rules.JWT_KEY, token),
        one(rules.JWT_SIGNATURE, token),
        one(rules.JWT_ISS, token),
        one(rules.JWT_AUD, token),
        some(rules.JWT_TIME, rules.JWT_EXP, rules.JWT_NOT_YET, sent=token),
    )


READING = some(rules.PRINTABLE, rules.BOUNDED, rules.UTF_8)

PROVING: Stages = (
    one(rules.CLIENT_BASIC, AUTHORIZATION_HEADER),
    one(rules.ASSERTION_TYPE, f"{_ASSERTION} client_assertion_type"),
    one(rules.JWT_COMPACT, _ASSERTION),
    some(rules.JWT_JSON, rules.JWT_HEADER, rules.JWT_KEY, sent=_ASSERTION),
    one(rules.ASSERTION_SUBJECT, _ASSERTION),
    one(rules.CLIENT_PROVEN, unsent=f"{AUTHORIZATION_HEADER} client_id {_ASSERTION}"),
    one(rules.CLIENT_ONE_METHOD, f"{_PROOF} client_id"),
    one(rules.WORKLOAD_FITS, _ASSERTION),
    *_proven(_ASSERTION),
    one(rules.ASSERTION_ONCE, _ASSERTION),
    one(rules.CLIENT_PROVEN, _PROOF),
    one(rules.CLIENT_ENABLED),
)
# What a DPoP proof goes through: what its header says, what it is for, then the signature.
DPOP: Stages = (
    one(rules.DPOP_REQUIRED, DPOP_HEADER),
    one(rules.DPOP_ONE, DPOP_HEADER),
    one(rules.JWT_COMPACT, DPOP_HEADER),
    some(rules.JWT_JSON, rules.JWT_HEADER, sent=DPOP_HEADER),
    one(rules.JWT_ALG, DPOP_HEADER),
    one(rules.JWT_TYP, DPOP_HEADER),
    one(rules.DPOP_ONCE, DPOP_HEADER),
    one(rules.DPOP_TIME, DPOP_HEADER),
    one(rules.DPOP_METHOD, DPOP_HEADER),
    one(rules.DPOP_URL, DPOP_HEADER),
    one(rules.DPOP_TOKEN, DPOP_HEADER),
    one(rules.DPOP_NONCE, DPOP_HEADER),
    one(rules.DPOP_KEY, DPOP_HEADER),
    one(rules.JWT_SIGNATURE, DPOP_HEADER),
    one(rules.DPOP_ONCE, DPOP_HEADER),
)
_AT_TOKEN = tuple(stage for stage in DPOP if stage[0].rule is not rules.DPOP_TOKEN)  # no token is beside it there

DIRECT: Stages = (READING, one(rules.BODY_ONLY), one(rules.ONCE))

# A request that its client signed.
SIGNED: Stages = (
    one(rules.REQUEST_ONE, _OBJECT),
    one(rules.JWT_COMPACT, _OBJECT),
    some(rules.JWT_JSON, rules.JWT_HEADER, rules.JWT_KEY, sent=_OBJECT),
    *_proven(_OBJECT),
    one(rules.REQUEST_CLIENT, _OBJECT),
    one(rules.REQUEST_ONE, _OBJECT),
    one(rules.REQUEST_FORM, _OBJECT),
    one(rules.REQUEST_BESIDE, _OBJECT),
)

# What a request asks for, once it is known whose it is and where its answer goes.
ASKING: Stages = (
    one(rules.REGISTRATION_SENT),
    need("response_type"),
    one(rules.RESPONSE_TYPE),
    one(rules.RESPONSE_TYPE_ON),
    one(rules.RESPONSE_TYPE_ALLOWED),
    some(rules.NO_TOKEN_IN_QUERY, rules.RESPONSE_MODE, sent="response_mode"),
    one(rules.SCOPE_SYNTAX, "scope"),
    one(rules.TARGET_KNOWN, "resource"),
    one(rules.SCOPE_ALLOWED),
    one(rules.SCOPE_OF_RESOURCE, "resource"),
    one(rules.SCOPE_ONE_API, unsent="resource"),
    one(rules.SCOPE_REQUIRED),
    one(rules.OPENID_REQUIRED, flow="id_token"),
    one(rules.TARGET_ONE, flow="token"),
    one(rules.CLAIMS, "claims"),
    one(rules.NONCE, flow="id_token"),
    one(rules.PKCE_REQUIRED, "code_challenge", flow="code"),
    one(rules.PKCE_METHOD, "code_challenge", flow="code"),
    one(rules.PKCE_CHALLENGE, "code_challenge", flow="code"),
    one(rules.DPOP_JKT, "dpop_jkt"),
    one(rules.PROMPT, "prompt"),
    one(rules.MAX_AGE, "max_age"),
    one(rules.HINT_SUBJECT, _HINT),
)
UNDERSTANDING: Stages = (
    READING,
    one(rules.ONCE, "interaction"),
    one(rules.INTERACTION, "interaction"),
    one(rules.REDIRECT_ONCE),
    one(rules.CLIENT_KNOWN),
    one(rules.REDIRECT_ONCE),
    one(rules.REDIRECT_REQUIRED, unsent="redirect_uri request_uri"),
    one(rules.REDIRECT_EXACT, "redirect_uri"),
    one(rules.ONCE, "request_uri"),
    one(rules.PUSHED_OURS, "request_uri"),
    one(rules.PUSHED_KNOWN, "request_uri"),
    one(rules.PUSH_REQUIRED, unsent="request_uri interaction"),
    one(rules.ONCE, _OBJECT),
    *SIGNED,
    one(rules.REQUEST_SIGNED, unsent="request request_uri interaction"),
    one(rules.ONCE, _HINT),
    one(rules.HINT_SUBJECT, _HINT),
    one(rules.ONCE),
    *ASKING,
)
DECIDING: Stages = (
    one(rules.PERSON_REFUSED, event="authorization_answered"),
    one(rules.LOGIN_REQUIRED, event="authorization_answered"),
    one(rules.ACCOUNT_REQUIRED, "prompt", event="authorization_answered"),
    one(rules.ACR_REACHED, "claims", event="authorization_answered"),
    one(rules.CONSENT_REQUIRED, event="authorization_answered"),
    one(rules.PERSON_REFUSED, event="authorization_answered"),
    one(rules.INTERACTION, "interaction request_uri", event="authorization_answered"),
    one(rules.ACCOUNT_ENABLED, flow="id_token token", event="authorization_answered"),
    one(rules.CONSENT_STANDS, flow="id_token token", event="authorization_answered"),
)

# What a token request without an authorization behind it asks for, and at which API.
TARGETING: Stages = (
    one(rules.TARGET_KNOWN, "resource"),
    one(rules.SCOPE_ALLOWED),
    one(rules.SCOPE_OF_RESOURCE, "resource"),
    one(rules.SCOPE_ONE_API, unsent="resource"),
    one(rules.TARGET_ONE),
)

_AT_CALLS: Stages = (one(rules.TOKEN_UNBOUND, unsent=DPOP_HEADER), *DPOP, one(rules.DPOP_BOUND, DPOP_HEADER))

ENDPOINTS: Mapping[str, Stages] = {
    "authorization": UNDERSTANDING + DECIDING,
    "login": UNDERSTANDING,
    "consent": UNDERSTANDING,
    "select_account": UNDERSTANDING,
    "token": (*DIRECT, need("grant_type"), *PROVING, one(rules.GRANT_KNOWN), one(rules.GRANT_ALLOWED), *_AT_TOKEN),
    "pushed_authorization_request": (
        *DIRECT,
        *PROVING,
        one(rules.PUSHED_ONE, "request_uri"),
        *SIGNED,
        one(rules.REQUEST_SIGNED, unsent="request"),
        one(rules.REDIRECT_REQUIRED, unsent="redirect_uri"),
        one(rules.REDIRECT_EXACT, "redirect_uri"),
        one(rules.HINT_SUBJECT, _HINT),
        *ASKING,
        *_AT_TOKEN,
        one(rules.DPOP_BOUND, DPOP_HEADER),
    ),
    "device_authorization": (
        *DIRECT,
        *PROVING,
        one(rules.GRANT_ALLOWED),
        one(rules.SCOPE_SYNTAX, "scope"),
        one(rules.TARGET_KNOWN, "resource"),
        one(rules.SCOPE_ALLOWED),
        one(rules.SCOPE_OF_RESOURCE, "resource"),
        one(rules.SCOPE_ONE_API, unsent="resource"),
        one(rules.SCOPE_REQUIRED),
        one(rules.PKCE_REQUIRED, "code_challenge_method"),
        one(rules.PKCE_METHOD, "code_challenge"),
        one(rules.PKCE_CHALLENGE, "code_challenge"),
    ),
    "introspection": (*DIRECT, *PROVING, one(rules.CLIENT_PROVEN), need("token")),
    "revocation": (*DIRECT, *PROVING, need("token")),
    "userinfo": (
        READING,
        one(rules.BEARER_ONE),
        one(rules.ONCE, "access_token"),
        one(rules.BEARER_ONE),
        one(rules.TOKEN_ACTIVE),
        *_AT_CALLS,
        one(rules.USERINFO_SCOPE),
        one(rules.USERINFO_AUDIENCE),
    ),
    "account_api": (
        READING,
        one(rules.BEARER_ONE),
        one(rules.TOKEN_ACTIVE),
        *_AT_CALLS,
        one(rules.ACCOUNT_AUDIENCE),
        one(rules.TOKEN_SCOPE),
        one(rules.ACCOUNT_FRESH),
    ),
    "end_session": (
        READING,
        one(rules.ONCE),
        one(rules.LOGOUT_CLIENT, _HINT),
        one(rules.LOGOUT_REDIRECT, "post_logout_redirect_uri"),
    ),
}
