"""One run: servers up, workloads in turns, extras, the tables, and the file."""

import datetime
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bench import extras, gatelodge, machine, postgres, report
from bench.extras import Extra
from bench.figures import Figure, Ratio, figures, ratio
from bench.machine import Cores
from bench.measure import Measurement, Timing, in_turns, stages
from bench.options import Options
from bench.peers import node
from bench.processes import Processes
from bench.subject import Subject
from bench.workloads import Stage
from bench.wrk import Wrk

# The first is what floors are measured against: how a deployment would run it.
PEERS = ("oidc-provider/postgres", "oidc-provider/pipelined")


def run(options: Options, processes: Processes, directory: Path) -> int:
    """Measure what was asked for, print it and keep it. Returns 1 when an answer was wrong, else 0."""
    cores = machine.choose_cores()
    about = machine.describe(directory)
    rest = extras.at_rest(processes, cores, directory) if options.extras else []
    subjects = _start(options, processes, directory, cores, about)
    report.say(report.pairs("Measured on", about))
    places = stages(subjects, Wrk(cores.load, directory), directory)
    measured = _measure(options, places)
    found = figures(measured)
    compared = _compare(options, found)
    load = _extras(options, places)
    _print(found, compared, [*rest, *load])
    _keep(options, about, measured, found, compared, [*rest, *load])
    return 1 if any(each.trouble for each in found) else 0


def _start(
    options: Options, processes: Processes, directory: Path, cores: Cores, about: dict[str, str]
) -> list[Subject]:
    """Start every server, each with a PostgreSQL of its own, all on the same core."""
    subjects: list[Subject] = []
    about["gatelodge"] = gatelodge.version()
    for engine in options.engines:
        report.note(f"starting gatelodge on {engine}")
        own = _database(processes, directory, cores, about, "pg-gatelodge") if engine == "postgres" else None
        subjects.append(gatelodge.start(processes, cores.server, directory, own))
    for storage in _peer_storages(options):
        report.note(f"starting oidc-provider on {storage}")
        own = None if storage == "memory" else _database(processes, directory, cores, about, f"pg-peer-{storage}")
        subjects.append(node.start(processes, cores.server, storage, own))
        about["peer"] = node.versions()
    return subjects


def _peer_storages(options: Options) -> list[node.Storage]:
    if not options.peers:
        return []
    asked: list[tuple[node.Storage, bool]] = [
        ("postgres", True),
        ("pipelined", options.pipelined),
        ("memory", options.memory),
    ]
    return [storage for storage, wanted in asked if wanted]


def _database(
    processes: Processes, directory: Path, cores: Cores, about: dict[str, str], name: str
) -> postgres.Postgres:
    made = postgres.start(processes, name, directory, cores.server)
    about["database"] = made.describe() + (
        ", on the server's core, its CPU counted" if made.pid else ", NOT on this machine: its CPU is not counted"
    )
    return made


def _measure(options: Options, places: Sequence[Stage]) -> list[Measurement]:
    timing = Timing(options.rounds, options.seconds)
    return [each for workload in options.workloads for each in in_turns(workload, places, timing, report.progress)]


def _compare(options: Options, found: Sequence[Figure]) -> list[Ratio]:
    """A store that loses everything is no peer: only durable ones are compared, and floors hold for the first."""
    compared: list[Ratio] = []
    for peer in PEERS:
        for workload in options.workloads:
            theirs = report.find(found, workload, peer)
            floored = workload if peer == PEERS[0] else replace(workload, floor=None)
            ours = [report.find(found, workload, f"gatelodge/{engine}") for engine in options.engines]
            compared += [ratio(floored, each, theirs) for each in ours if each and theirs]
    return compared


def _extras(options: Options, places: Sequence[Stage]) -> list[Extra]:
    if not options.extras:
        return []
    own = [stage for stage in places if stage.facts.name.startswith("gatelodge/")]
    return [extra for stage in own for extra in _extras_of(stage, options.seconds)]


def _extras_of(stage: Stage, seconds: float) -> list[Extra]:
    try:
        return extras.under_load(stage, seconds)
    except (RuntimeError, ValueError, OSError) as failure:
        report.say(f"no figures beside the rates for {stage.facts.name}: {failure}")
        return []


def _print(found: Sequence[Figure], compared: Sequence[Ratio], more: Sequence[Extra]) -> None:
    report.say("\n" + report.table(found))
    report.say(report.LEGEND)
    report.say(report.disturbance(found) or "The machine was quiet.")
    for peer in PEERS:
        against = [each for each in compared if each.theirs == peer]
        if against:
            report.say(f"\nGatelodge against {peer}\n{report.ratios(against)}\n{report.RATIO_LEGEND}")
    if more:
        report.say("\n" + report.pairs("Beside the rates", {each.name: str(each) for each in more}))


def _keep(
    options: Options,
    about: dict[str, str],
    measured: Sequence[Measurement],
    found: Sequence[Figure],
    compared: Sequence[Ratio],
    more: Sequence[Extra],
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    path = options.json or options.results / f"{now:%Y-%m-%dT%H-%M-%SZ}.json"
    content: dict[str, object] = {
        "at": now.isoformat(timespec="seconds"),
        "machine": about,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "figures": [asdict(each) for each in found],
        "ratios": [asdict(each) for each in compared],
        "extras": [asdict(each) for each in more],
        "measurements": [asdict(each) for each in measured],
    }
    report.keep(path, content)
    report.say(f"\nKept in {path}")
