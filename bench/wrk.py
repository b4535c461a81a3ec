"""One run of wrk: a plan for its Lua script goes in, what it counted comes out."""

import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import needed

CONNECTIONS = 32
_LUA = Path(__file__).parent / "lua"

Plan = Mapping[str, str | int | Sequence[str] | Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: answers and seconds, latencies in milliseconds, and whether every answer was the right one.

    `exchanges` counts the finished code flows among the answers. `saturation` is the share of its core wrk itself
    needed: near 1 the load generator was the limit and the server could do more.
    """

    requests: int
    seconds: float
    right: int
    wrong: int
    failed: int
    exchanges: int
    first_wrong: str
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    saturation: float

    @property
    def trouble(self) -> str | None:
        """Why nothing may be concluded from this run; `None` when every answer was right."""
        if self.wrong:
            return f"{self.wrong} answers were wrong, the first: {self.first_wrong}"
        if self.failed:
            return f"{self.failed} requests failed or timed out"
        if self.right == 0:
            return "nothing was answered"
        return None


@dataclass(frozen=True, slots=True)
class Wrk:
    """wrk on one core."""

    core: int
    directory: Path

    def run(self, script: str, plan: Plan, base: str, seconds: float, connections: int = CONNECTIONS) -> Load:
        """Drive `base` for `seconds` with one of the scripts in lua/. Raises RuntimeError when wrk itself fails."""
        path = self._write(plan)
        command = ["taskset", "-c", str(self.core), needed("wrk", "apt-get install -y wrk")]
        command += ["-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(_LUA / f"{script}.lua")]
        before = _children_cpu()
        done = subprocess.run(
            [*command, base, "--", str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 60,
            env={**os.environ, "LUA_PATH": f"{_LUA}/?.lua"},
        )
        path.unlink()
        return _read(done.stdout, done.stderr, _children_cpu() - before)

    def _write(self, plan: Plan) -> Path:
        handle, name = tempfile.mkstemp(suffix=".lua", prefix="plan-", dir=self.directory)
        with os.fdopen(handle, "w") as file:
            seed = int.from_bytes(os.urandom(4), "big") % 2**31
            file.write("return " + to_lua({"seed": seed, **plan}))
        return Path(name)


def to_lua(value: object) -> str:
    """Return a value as a Lua literal. Raises TypeError for what has none here."""
    match value:
        case str():
            return '"' + "".join(_escape(character) for character in value) + '"'
        case int():
            return str(value)
        case Mapping():
            return "{" + ",".join(f"[{to_lua(key)}]={to_lua(item)}" for key, item in value.items()) + "}"
        case Sequence():
            return "{" + ",".join(to_lua(item) for item in value) + "}"
        case _:
            raise TypeError(f"no Lua literal for {type(value).__name__}")


def _escape(character: str) -> str:
    plain = character.isascii() and character.isprintable() and character not in '"\\'
    return character if plain else "".join(f"\\{byte:03d}" for byte in character.encode())


def _read(output: str, errors: str, cpu: float) -> Load:
    line = next((line for line in output.splitlines() if line.startswith("BENCH ")), None)
    if line is None:
        raise RuntimeError(f"wrk failed: {errors.strip()[-500:] or output.strip()[-500:]}")
    counted: dict[str, Any] = json.loads(line.removeprefix("BENCH "))
    return Load(**counted, saturation=cpu / counted["seconds"])


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
