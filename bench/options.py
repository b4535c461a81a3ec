"""The command line of the bench."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.workloads import WORKLOADS, Workload

_RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. `json` is `None` for a file named after the time. `directory` holds the databases."""

    peers: bool
    pipelined: bool
    memory: bool
    engines: tuple[str, ...]
    workloads: tuple[Workload, ...]
    rounds: int
    seconds: float
    extras: bool
    json: Path | None
    directory: Path

    @property
    def results(self) -> Path:
        """Where runs are kept unless a file is named."""
        return _RESULTS


def read() -> Options:
    """Return the options. Exits with a message when they make no sense."""
    parser = _parser()
    given = parser.parse_args()
    rounds = given.rounds or (2 if given.quick else 5)
    seconds = given.seconds or (3.0 if given.quick else 5.0)
    if not 1 <= seconds <= 20:
        parser.error("--seconds is 1 to 20: codes that wait to be exchanged live for 60 seconds")
    return Options(
        peers=given.peers,
        pipelined=given.pipelined,
        memory=given.memory,
        engines=("sqlite", "postgres") if given.engine == "both" else (given.engine,),
        workloads=tuple(each for each in WORKLOADS if not given.workload or each.key in given.workload),
        rounds=rounds,
        seconds=seconds,
        extras=given.extras,
        json=given.json,
        directory=given.directory,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bench", description="Measure Gatelodge on one core.")
    parser.add_argument("--peers", action="store_true", help="measure node oidc-provider on PostgreSQL in the same run")
    parser.add_argument("--pipelined", action="store_true", help="with --peers: also on pipelined connections")
    parser.add_argument("--memory", action="store_true", help="with --peers: also its in-memory store (not durable)")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 3 seconds: a look, not a figure to publish")
    parser.add_argument("--engine", choices=("sqlite", "postgres", "both"), default="both", help="default: both")
    parser.add_argument(
        "--workload",
        action="append",
        choices=[each.key for each in WORKLOADS],
        help="only this one; may be repeated",
    )
    parser.add_argument("--rounds", type=int, help="rounds of every server at every workload (default: 5)")
    parser.add_argument("--seconds", type=float, help="seconds of one round (default: 5)")
    parser.add_argument("--no-extras", dest="extras", action="store_false", help="leave out start, memory and sign-ins")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the run here (default: bench/results/TIME.json)"
    )
    parser.add_argument(
        "--directory", type=Path, default=Path("/var/tmp"), help="where the databases are: a disk, not memory"
    )
    return parser
