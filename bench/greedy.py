"""What honest refreshes lose beside callers who refresh with a scope that was not granted (RT-21)."""

import threading
from statistics import median
from urllib.parse import urlencode

from bench import flows
from bench.subject import ES256
from bench.workloads import WORKLOADS, Stage, token_headers
from bench.wrk import CONNECTIONS, Load, Plan

RATE = 320  # requests a second of all who ask for too much together: some 5 to 10% of what a core serves
ROUNDS = 3


def lost(stage: Stage, seconds: float) -> float:
    """Return the share of honest refreshes lost beside 32 callers who ask for too much, in percent."""
    alone: list[float] = []
    beside: list[float] = []
    plan = _plan(stage)
    for _ in range(ROUNDS):
        alone.append(_honest(stage, seconds))
        others = Others(stage, plan, seconds + 1)
        others.start()
        beside.append(_honest(stage, seconds))
        others.join()
    return (1 - median(beside) / median(alone)) * 100


class Others(threading.Thread):
    """Those who ask for too much, each with a token of their own and at their own pace."""

    def __init__(self, stage: Stage, plan: Plan, seconds: float) -> None:
        super().__init__(daemon=True)
        self._stage = stage
        self._plan = plan
        self._seconds = seconds
        self._load: Load | None = None

    def run(self) -> None:
        """Drive the server until the time is over."""
        self._load = self._stage.wrk.run("paced", self._plan, self._stage.facts.base, self._seconds)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end. Raises `RuntimeError` if one answer was anything but the refusal."""
        super().join(timeout)
        if self._load is None or self._load.trouble:
            raise RuntimeError(f"asking for too much: {self._load and self._load.trouble}")


def _honest(stage: Stage, seconds: float) -> float:
    workload = next(each for each in WORKLOADS if each.key == "refresh")
    load = stage.wrk.run(workload.script, workload.prepare(stage, seconds), stage.facts.base, seconds)
    if load.trouble:
        raise RuntimeError(f"{workload.title}: {load.trouble}")
    return load.requests / load.seconds


def _plan(stage: Stage) -> Plan:
    cookies = stage.subject.sessions()
    walks = (flows.walk(stage.http, stage.facts, cookies[turn % len(cookies)], ES256) for turn in range(CONNECTIONS))
    forms = ({**flows.REFRESH, "refresh_token": answer.text("refresh_token"), "scope": "much:more"} for answer in walks)
    return {
        "method": "POST",
        "path": stage.facts.paths.token,
        "headers": token_headers(stage, stage.facts.web.authorization),
        "bodies": [urlencode(form) for form in forms],
        "order": "turn",
        "status": 400,
        "expect": '"error"%s*:%s*"invalid_scope"',
        "pause_ms": CONNECTIONS * 1_000 // RATE,
    }
