"""The checker beside a load: samples of its answers are verified, and spent codes and refresh tokens are replayed."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import jwt

from bench import flows
from bench.http import Answer, Http
from bench.subject import LIFETIMES, USERS, BenchApi, Subject
from bench.workloads import Workload

_LOOK_EVERY = 0.05  # seconds
_REPLAY_EVERY = 0.5
_MOST_FAULTS = 3


class Fault(Exception):
    """An answer that must not have been given."""


@dataclass(slots=True)
class Findings:
    """How many samples were verified, how many replays were refused, the requests that took, and what was wrong."""

    verified: int = 0
    replays: int = 0
    requests: int = 0
    faults: list[str] = field(default_factory=list[str])


class Checker:
    """A thread that runs as long as a load does. It yields to the load generator on its core."""

    def __init__(self, subject: Subject, workload: Workload, samples: Path) -> None:
        self._subject, self._workload, self._samples = subject, workload, samples
        self._facts = subject.facts
        self._http = Http(self._facts.base)
        self._keys = jwt.PyJWKSet.from_dict(self._http.get(self._facts.paths.jwks).json())
        self._seen: set[str] = set()
        self._findings = Findings()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._work, name="checker", daemon=True)
        samples.write_text("")

    def __enter__(self) -> "Checker":
        self._http.requests = 0
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finished.set()
        self._thread.join(30)
        self._findings.requests = self._http.requests
        self._http.close()

    @property
    def findings(self) -> Findings:
        """What was found; complete once the `with` block was left."""
        return self._findings

    def _work(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        next_replay = time.monotonic()
        with self._samples.open() as lines:
            while not self._finished.wait(_LOOK_EVERY):
                self._guard(lambda: self._verify_all(lines.readlines()))
                if self._workload.replays and time.monotonic() >= next_replay:
                    next_replay = time.monotonic() + _REPLAY_EVERY
                    self._guard(self._replay)
            self._guard(lambda: self._verify_all(lines.readlines()))

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (Fault, ValueError, OSError, jwt.PyJWTError) as fault:
            if len(self._findings.faults) < _MOST_FAULTS:
                self._findings.faults.append(f"{type(fault).__name__}: {fault}")

    def _verify_all(self, lines: list[str]) -> None:
        for line in lines:
            kind, _, value = line.rstrip("\n").partition("\t")
            self._verify(kind, value)
            self._findings.verified += 1

    def _verify(self, kind: str, value: str) -> None:
        api = self._workload.api
        if kind == "id":
            self._check_lifetime(self._decode(value, "ES256", self._facts.web.id, "JWT"), LIFETIMES.id_token)
        elif api is not None and api.format == "jwt":
            self._verify_access_token(value, api)
        else:
            self._verify_opaque(value)

    def _verify_access_token(self, value: str, api: BenchApi) -> None:
        claims = self._decode(value, api.alg, api.identifier, "at+jwt")
        self._check_lifetime(claims, LIFETIMES.access_token)
        jti = str(claims["jti"])
        if jti in self._seen:
            raise Fault("two access tokens have the same jti")
        self._seen.add(jti)

    def _decode(self, value: str, alg: str, audience: str, typ: str) -> dict[str, object]:
        header = jwt.get_unverified_header(value)
        if header.get("typ", "JWT") != typ:
            raise Fault(f"typ is {header.get('typ')}")
        key = self._keys[header["kid"]]
        required = ["exp", "iat", "sub"] + (["jti", "client_id"] if typ == "at+jwt" else [])
        return jwt.decode(value, key, [alg], audience=audience, issuer=self._facts.base, options={"require": required})

    def _verify_opaque(self, value: str) -> None:
        told = flows.introspect(self._http, self._facts, value).json()
        if told.get("active") is not True:
            raise Fault("a token that was just issued is not active")
        self._check_lifetime(told, LIFETIMES.access_token)

    def _check_lifetime(self, claims: dict[str, object], expected: int) -> None:
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int) or expires - issued != expected:
            raise Fault(f"lifetime is not {expected} s: iat {issued}, exp {expires}")

    def _replay(self) -> None:
        cookie = self._subject.sign_in(USERS[0])
        if self._workload.replays == "code":
            self._replay_code(cookie)
        else:
            self._replay_refresh_token(cookie)
        self._findings.replays += 1

    def _replay_code(self, cookie: str) -> None:
        pair = flows.pkce()
        code = flows.ask_for_code(self._http, self._facts, cookie, pair)
        flows.exchange(self._http, self._facts, code, pair).text("access_token")
        _must_be_refused(flows.exchange(self._http, self._facts, code, pair), "a spent code")

    def _replay_refresh_token(self, cookie: str) -> None:
        """Two generations back, since the last one may be asked for again when its answer was lost."""
        first = flows.walk(self._http, self._facts, cookie).text("refresh_token")
        second = flows.refresh(self._http, self._facts, first).text("refresh_token")
        third = flows.refresh(self._http, self._facts, second).text("refresh_token")
        _must_be_refused(flows.refresh(self._http, self._facts, first), "a spent refresh token")
        _must_be_refused(flows.refresh(self._http, self._facts, third), "a refresh token of a family that was replayed")


def _must_be_refused(answer: Answer, what: str) -> None:
    if answer.status != 400 or answer.json().get("error") != "invalid_grant":
        raise Fault(f"{what} was not refused: {answer.status} {answer.body[:200]}")
