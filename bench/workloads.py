"""The workloads: what is asked, what a right answer looks like, and how much faster than the peer we mean to be."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

from bench import flows
from bench.http import Http
from bench.subject import ES256, OPAQUE, REDIRECT_URI, RS256, BenchApi, Facts, Subject
from bench.wrk import Plan, Wrk

_CHAINS = 64  # more than connections, so that a chain is always waiting
_TOKENS = 1_000
_PAIRS = 512
_MANY = 6_000
_GATHERINGS = 10
_STALE = 300.0  # seconds; well inside the lifetime of what was seeded


@dataclass(slots=True)
class Stage:
    """Where a load is prepared: a kept connection to one server, a directory for files, and values seeded once."""

    subject: Subject
    wrk: Wrk
    directory: Path
    http: Http
    kept: dict[str, tuple[float, list[str]]] = field(default_factory=dict[str, tuple[float, list[str]]])

    @property
    def facts(self) -> Facts:
        """The server."""
        return self.subject.facts

    def keep(self, name: str, make: Callable[[], list[str]]) -> list[str]:
        """Return values made earlier, unless they grow old."""
        made_at, values = self.kept.get(name, (0.0, []))
        if time.monotonic() - made_at > _STALE or not values:
            values = make()
            self.kept[name] = (time.monotonic(), values)
        return values


@dataclass(frozen=True, slots=True)
class Workload:
    """One line of the table.

    `prepare` seeds a run of so many seconds and returns the plan of the Lua script. `api` is what access tokens in the
    answers are for, if the answers are sampled. `replays` is what is replayed beside it. `floor` is the least ratio to
    the peer we accept.
    """

    key: str
    title: str
    script: str
    prepare: Callable[[Stage, float], Plan]
    unit: Literal["requests", "flows"] = "requests"
    api: BenchApi | None = None
    replays: Literal["refresh_token", "code"] | None = None
    floor: float | None = None


def token_headers(stage: Stage, authorization: str | None = None, form: bool = True) -> dict[str, str]:
    """Return the headers of a request to the server."""
    headers = {"Host": urlsplit(stage.facts.base).netloc}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if authorization:
        headers["Authorization"] = authorization
    return headers


def _daemon(api: BenchApi) -> Callable[[Stage, float], Plan]:
    def prepare(stage: Stage, _seconds: float) -> Plan:
        return {
            "method": "POST",
            "path": stage.facts.paths.token,
            "headers": token_headers(stage, stage.facts.daemon.authorization),
            "bodies": [urlencode(flows.daemon_form(api))],
            "expect": '"access_token"%s*:%s*"',
            "sample_kind": "access",
            "sample_field": "access_token",
        }

    return prepare


def _introspection(stage: Stage, _seconds: float) -> Plan:
    facts = stage.facts
    tokens = stage.keep("opaque", lambda: [_opaque_token(stage) for _ in range(_TOKENS)])
    return {
        "method": "POST",
        "path": facts.paths.introspect,
        "headers": token_headers(stage, facts.daemon.authorization),
        "bodies": [urlencode({"token": token, "token_type_hint": "access_token"}) for token in tokens],
        "expect": '"active"%s*:%s*true',
    }


def _opaque_token(stage: Stage) -> str:
    return flows.daemon_token(stage.http, stage.facts, OPAQUE).text("access_token")


def _userinfo(stage: Stage, _seconds: float) -> Plan:
    def make() -> list[str]:
        cookies = stage.subject.sessions()
        return [flows.walk(stage.http, stage.facts, cookie, None).text("access_token") for cookie in cookies]

    return _userinfo_plan(stage, stage.keep("userinfo", make))


def _userinfo_unseen(stage: Stage, _seconds: float) -> Plan:
    """More tokens than a server may remember, each in turn: every one is as new as after a sign-in."""
    return {**_userinfo_plan(stage, stage.keep("userinfo-many", lambda: _gather_access_tokens(stage))), "order": "turn"}


def _userinfo_plan(stage: Stage, tokens: list[str]) -> Plan:
    return {
        "method": "GET",
        "path": stage.facts.paths.userinfo,
        "headers": token_headers(stage, form=False),
        "bearers": tokens,
        "expect": '"email"%s*:%s*"bench%d+@bench%.test"',
    }


def _gather_access_tokens(stage: Stage) -> list[str]:
    """Refresh for UserInfo's tokens until there are enough: the quickest way to many."""
    kept = stage.directory / "access.txt"
    kept.write_text("")
    for _ in range(_GATHERINGS):
        plan = {**_chains(stage, None), "access_out": str(kept)}
        gathered = stage.wrk.run("refresh", plan, stage.facts.base, 3)
        if gathered.trouble:
            raise RuntimeError(f"gathering access tokens: {gathered.trouble}")
        tokens = kept.read_text().split()
        if len(tokens) >= _MANY:
            return tokens[:_MANY]
    raise RuntimeError("gathering access tokens takes too long")


def _document(path: Callable[[Facts], str], expect: str) -> Callable[[Stage, float], Plan]:
    def prepare(stage: Stage, _seconds: float) -> Plan:
        return {
            "method": "GET",
            "path": path(stage.facts),
            "headers": token_headers(stage, form=False),
            "expect": expect,
        }

    return prepare


def _refresh(stage: Stage, _seconds: float) -> Plan:
    return _chains(stage, ES256)


def _chains(stage: Stage, api: BenchApi | None) -> dict[str, str | int | list[str] | dict[str, str]]:
    facts, cookies = stage.facts, stage.subject.sessions()
    walks = (flows.walk(stage.http, facts, cookies[turn % len(cookies)], api) for turn in range(_CHAINS))
    return {
        "path": facts.paths.token,
        "host": urlsplit(facts.base).netloc,
        "headers": token_headers(stage, facts.web.authorization),
        "tokens": [answer.text("refresh_token") for answer in walks],
        "body_before": urlencode(flows.REFRESH) + "&refresh_token=",
    }


def _code_plan(stage: Stage, part: str) -> dict[str, str | int | list[str] | dict[str, str]]:
    facts = stage.facts
    pairs = [flows.pkce() for _ in range(_PAIRS)]
    return {
        "part": part,
        "host": urlsplit(facts.base).netloc,
        "authorize_head": f"{facts.paths.authorize}?{urlencode(flows.authorization_query(facts, ES256))}",
        "cookies": list(stage.subject.sessions()),
        "verifiers": [pair.verifier for pair in pairs],
        "challenges": [pair.challenge for pair in pairs],
        "token_path": facts.paths.token,
        "token_headers": token_headers(stage, facts.web.authorization),
        "body_before": urlencode(flows.EXCHANGE),
        "redirect_uri": REDIRECT_URI,
    }


def _authorize(stage: Stage, _seconds: float) -> Plan:
    return _code_plan(stage, "authorize")


def _flow(stage: Stage, _seconds: float) -> Plan:
    return _code_plan(stage, "flow")


def _exchange(stage: Stage, seconds: float) -> Plan:
    """Gather codes for as long as they will be exchanged: asking for one is the cheaper half everywhere."""
    codes = str(stage.directory / "codes.txt")
    plan = _code_plan(stage, "authorize")
    gathered = stage.wrk.run("code", {**plan, "codes_out": codes}, stage.facts.base, seconds + 1)
    if gathered.trouble:
        raise RuntimeError(f"gathering codes: {gathered.trouble}")
    return {**plan, "part": "exchange", "codes_in": codes}


WORKLOADS = (
    Workload("cc_es256", "client_credentials, JWT ES256", "repeated", _daemon(ES256), api=ES256, floor=1.3),
    Workload("cc_rs256", "client_credentials, JWT RS256", "repeated", _daemon(RS256), api=RS256),
    Workload(
        "cc_opaque", "client_credentials, opaque token stored", "repeated", _daemon(OPAQUE), api=OPAQUE, floor=2.0
    ),
    Workload("authorize", "/authorize with session and consent", "code", _authorize),
    Workload("exchange", "code exchange, PKCE and ID token", "code", _exchange, api=ES256, replays="code"),
    Workload("flow", "code flow: /authorize, then exchange", "code", _flow, "flows", ES256, "code", 2.0),
    Workload("refresh", "refresh with rotation", "refresh", _refresh, api=ES256, replays="refresh_token", floor=3.0),
    Workload("introspect", "introspection of opaque tokens", "repeated", _introspection, floor=2.0),
    Workload("userinfo", "UserInfo, tokens that come again", "repeated", _userinfo, floor=1.5),
    Workload("userinfo_new", "UserInfo, tokens not seen before", "repeated", _userinfo_unseen, floor=1.5),
    Workload("jwks", "JWKS", "repeated", _document(lambda facts: facts.paths.jwks, '"keys"')),
    Workload("discovery", "discovery", "repeated", _document(lambda facts: facts.paths.discovery, '"token_endpoint"')),
)
