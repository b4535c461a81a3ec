"""The flows: what each is for, the messages it has, and what is compared in the table."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from gatelodge.config.policies import LegacyPolicy
from gatelodge.playground import steps
from gatelodge.playground.messages import Lane, Step

Standing = Literal["recommended", "removed", "special"]

_FRONT = (steps.START, steps.SEND, steps.ASK, steps.SIGN_IN, steps.ANSWER, steps.BACK)
_CALL = (steps.CALL, steps.ORDERS)
_REFRESH = (steps.REFRESH, steps.REFRESHED)
_PERSON_SCOPE = "openid profile offline_access orders:read"
_MEMBERS = {"code": "code", "token": "access_token", "id_token": "id_token"}  # what is asked for, and what it comes as


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table says of a flow."""

    person: str
    secret: str
    refresh: str
    when: str
    section: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow. `after` are the acts that follow once there are tokens; `legacy` is the setting that switches it on.

    `response_type` is empty if no browser is sent anywhere. `public` flows run without the client's secret.
    """

    key: str
    name: str
    lead: str
    steps: tuple[Step, ...]
    facts: Facts
    scope: str = _PERSON_SCOPE
    response_type: str = ""
    public: bool = False
    legacy: str = ""
    after: tuple[str, ...] = ("call",)
    grant: str = ""

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Who takes part."""
        there = {lane for step in self.steps for lane in (step.source, step.target)}
        every: tuple[Lane, ...] = ("person", "browser", "client", "server", "api")
        return tuple(lane for lane in every if lane in there)

    @property
    def in_fragment(self) -> bool:
        """Whether the answer stands in the fragment of the address."""
        return "token" in self.response_type

    @property
    def has_code(self) -> bool:
        """Whether the answer has a code to exchange."""
        return "code" in self.response_type.split()

    @property
    def members(self) -> tuple[str, ...]:
        """What an answer must hold, and all that is taken from it (OAuth 2.0 Multiple Response Type Encoding 3, 5)."""
        return tuple(_MEMBERS[kind] for kind in self.response_type.split())

    def step(self, key: str) -> Step:
        """Return the step of this flow, or the usual one if the flow itself has no such step."""
        return next((one for one in self.steps if one.key == key), _USUAL[key])


_USUAL = {
    step.key: step for step in (*_FRONT, steps.TOKEN, steps.TOKENS, *_CALL, *_REFRESH, steps.USERINFO, steps.CLAIMS)
}

CODE = Flow(
    key="code",
    name="Authorization code with PKCE",
    lead="For a web application that keeps a secret on its server. The person signs in at the server, the browser "
    "carries a code, and tokens never reach the browser.",
    steps=(*_FRONT, steps.TOKEN, steps.TOKENS, *_CALL, *_REFRESH),
    facts=Facts(
        "yes", "yes, and PKCE", "yes", "Web applications with a server of their own", "RFC 6749 4.1", "recommended"
    ),
    response_type="code",
    after=("call", "refresh"),
    grant="authorization_code",
)
PUBLIC = replace(
    CODE,
    key="public",
    name="Authorization code with PKCE, public client",
    lead="For single-page, mobile, desktop and command-line applications. Whatever is inside them anybody can read, so "
    "there is no secret, and PKCE does all the work.",
    steps=(*_FRONT, steps.PUBLIC_TOKEN, steps.TOKENS, *_CALL, *_REFRESH),
    facts=Facts(
        "yes",
        "no: PKCE alone",
        "yes, it rotates",
        "Single-page, mobile, desktop, command line",
        "RFC 8252, RFC 7636",
        "recommended",
    ),
    public=True,
)
MACHINE = Flow(
    key="machine",
    name="Client credentials",
    lead="For a nightly job, a daemon, one service that calls another. Nobody is there to sign in, so the application "
    "speaks for itself.",
    steps=(steps.MACHINE, steps.MACHINE_TOKEN, steps.MACHINE_CALL, steps.ORDERS),
    facts=Facts("no", "yes", "no need", "Daemons, jobs, services", "RFC 6749 4.4", "recommended"),
    scope="orders:read",
    grant="client_credentials",
)
REFRESH = replace(
    CODE,
    key="refresh",
    name="Refresh token",
    lead="What keeps somebody connected: the application gets a new access token without the person. It begins with "
    "any flow a person was in.",
    steps=(*_FRONT, steps.TOKEN, steps.TOKENS, *_REFRESH, *_CALL),
    facts=Facts(
        "once, before",
        "if the client has one",
        "it is the refresh",
        "Whatever outlives one access token",
        "RFC 6749 6",
        "recommended",
    ),
    after=("refresh", "call"),
    grant="refresh_token",
)
PASSWORD = Flow(
    key="password",
    name="Password",
    lead="What old applications do: collect the password themselves. OAuth 2.1 removed it. Look at it to recognise it, "
    "and send people to sign in instead.",
    steps=(steps.TYPE, steps.PASSWORD, steps.PASSWORD_TOKENS, *_CALL),
    facts=Facts(
        "yes, to the wrong party", "yes", "yes", "Nowhere new: move to code with PKCE", "RFC 6749 4.3", "removed"
    ),
    legacy="password",
    after=("call",),
    grant="password",
)
IMPLICIT = Flow(
    key="implicit",
    name="Implicit",
    lead="What single-page applications did before browsers let them call the token endpoint. Tokens travel in the "
    "address. OAuth 2.1 removed it.",
    steps=(
        steps.START,
        steps.SEND,
        steps.FRAGMENT_ASK,
        steps.SIGN_IN,
        steps.FRAGMENT_ANSWER,
        steps.FRAGMENT_BACK,
        *_CALL,
    ),
    facts=Facts("yes", "no", "never", "Nowhere new: move to code with PKCE", "RFC 6749 4.2", "removed"),
    scope="openid profile orders:read",
    response_type="id_token token",
    legacy="implicit",
    grant="implicit",
)
HYBRID = Flow(
    key="hybrid",
    name="Hybrid",
    lead="A code and, ahead of it, an ID token in the address. It was made for applications that wanted to greet "
    "people before the exchange. Code with PKCE is simpler and gives less away.",
    steps=(
        steps.START,
        steps.SEND,
        steps.HYBRID_ASK,
        steps.SIGN_IN,
        steps.HYBRID_ANSWER,
        steps.FRAGMENT_BACK,
        steps.TOKEN,
        steps.TOKENS,
        *_CALL,
    ),
    facts=Facts("yes", "yes", "yes", "Applications that still ask for it", "OIDC Core 3.3", "removed"),
    response_type="code id_token",
    legacy="hybrid",
    after=("call", "refresh"),
    grant="implicit",
)
DEVICE = Flow(
    key="device",
    name="Device",
    lead="For a television, a printer, a terminal on another machine: it shows a short code, and you enter that code "
    "in a browser somewhere else.",
    steps=(),
    facts=Facts("yes, elsewhere", "no", "yes", "Devices without a browser or a keyboard", "RFC 8628", "special"),
    grant="urn:ietf:params:oauth:grant-type:device_code",
)

FLOWS = {flow.key: flow for flow in (CODE, PUBLIC, MACHINE, REFRESH, DEVICE, PASSWORD, IMPLICIT, HYBRID)}


def runnable(legacy: LegacyPolicy) -> Collection[str]:
    """Return the keys of the flows that can be run on this server."""
    return {key for key, flow in FLOWS.items() if flow.steps and (not flow.legacy or getattr(legacy, flow.legacy))}
