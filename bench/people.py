"""What pages cost with a million people in the database, beside the same server over an empty one.

`python -m bench.people` fills a database (`fill.py`), walks through the pages of both servers in turns, one request at
a time, and prints what each answer cost: processor time of the server and of its connections to the database, which
does not depend on what else the machine does, and how long it took, which does.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

import psycopg

from bench import gatelodge, machine, postgres, report, usage
from bench.browser import Browser
from bench.fill import Size, fill
from bench.gatelodge import Installation
from bench.machine import Cores
from bench.processes import Processes, answers
from bench.storms import bare_hash_us, purge_beside, tokens_beside
from bench.subject import USERS, Facts

Ask = Callable[[], object]  # the one request that is measured

_PEOPLE = 24  # who are signed in at once
_AS_OPERATORS_DO = """
[retention]
purge_interval = 86400
"""


@dataclass(slots=True)
class Stand:
    """A running server, the people of its database, and what it runs on: processes whose time counts."""

    facts: Facts
    url: str
    names: Sequence[str]
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    signed_in: list[Browser] = field(default_factory=list[Browser])

    def somebody(self) -> str:
        """Return anybody's user name."""
        return self.chance.choice(self.names)

    def browser(self) -> Browser:
        """Return a browser in which somebody is signed in."""
        if len(self.signed_in) < _PEOPLE:
            self.signed_in.append(Browser(self.facts))
            self.signed_in[-1].sign_in(self.somebody())
        return self.chance.choice(self.signed_in)

    def processes(self) -> list[int]:
        """Return the processes that answer: the server's, and those of PostgreSQL that serve it."""
        found = list(self.facts.server)
        if self.url.startswith("postgres"):
            with psycopg.connect(self.url) as connection:
                others = (
                    "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                )
                found += [int(row[0]) for row in connection.execute(others).fetchall()]
        return found


def _parked(stand: Stand) -> Iterator[Ask]:
    while True:
        browser = Browser(stand.facts)
        yield lambda browser=browser: browser.open_request()


def _sign_in_page(stand: Stand) -> Iterator[Ask]:
    while True:
        browser = Browser(stand.facts)
        where = browser.open_request()
        yield lambda browser=browser, where=where: browser.open(where)


def _account(path: str) -> Callable[[Stand], Iterator[Ask]]:
    def ask(stand: Stand) -> Iterator[Ask]:
        while True:
            browser = stand.browser()
            yield lambda browser=browser: browser.open(path)

    return ask


def _remembered(stand: Stand) -> Iterator[Ask]:
    while True:
        browser = stand.browser()
        yield lambda browser=browser: browser.open_request()


def _chooser(stand: Stand) -> Iterator[Ask]:
    while True:
        browser = stand.browser()
        where = browser.open_request(prompt="select_account")
        yield lambda browser=browser, where=where: browser.open(where)


def _password(stand: Stand) -> Iterator[Ask]:
    while True:
        browser = Browser(stand.facts)
        form, name = browser.open_sign_in(), stand.somebody()
        yield lambda browser=browser, form=form, name=name: browser.submit(form, name)


def _signed_out(stand: Stand) -> Iterator[Ask]:
    while True:
        browser = Browser(stand.facts)
        browser.sign_in(stand.somebody())
        form = browser.form_at("/logout")
        yield lambda browser=browser, form=form: browser.send(form, decision="sign_out")


PAGES: dict[str, tuple[Callable[[Stand], Iterator[Ask]], int]] = {
    "/authorize, nobody is signed in": (_parked, 1),
    "the sign-in page": (_sign_in_page, 1),
    "the password, with its hash": (_password, 4),
    "/authorize, signed in and allowed": (_remembered, 1),
    "the account": (_account("/account"), 1),
    "its browsers": (_account("/account/sessions"), 1),
    "its applications": (_account("/account/apps"), 1),
    "its history": (_account("/account/history"), 1),
    "picking an account": (_chooser, 1),
    "signing out": (_signed_out, 4),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What answers cost, in microseconds of processor time, and how long they took, in milliseconds.

    `trouble` is why there are none, or no more.
    """

    cpu_us: list[float] = field(default_factory=list[float])
    took_ms: list[float] = field(default_factory=list[float])
    trouble: list[str] = field(default_factory=list[str])

    def told(self) -> str:
        if self.trouble or not self.cpu_us:
            return f"no figure: {self.trouble}"
        return (
            f"{median(self.cpu_us):7,.0f} {_p99(self.cpu_us):8,.0f} us   {median(self.took_ms):6.1f}"
            f" {_p99(self.took_ms):7.1f} ms"
        )


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def measure(stand: Stand, page: Callable[[Stand], Iterator[Ask]], samples: int, cost: Cost) -> None:
    """Ask so many times, and note what each answer cost."""
    asks = page(stand)
    next(asks)()  # the first one warms up
    of = stand.processes()
    for _ in range(samples):
        ask = next(asks)
        before, began = usage.exact_cpu_seconds(of), time.perf_counter()
        ask()
        cost.took_ms.append((time.perf_counter() - began) * 1e3)
        cost.cpu_us.append((usage.exact_cpu_seconds(of) - before) * 1e6)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for at the command line."""

    engine: Literal["sqlite", "postgres"]
    size: Size
    samples: int
    rounds: int


def run(asked: Asked, processes: Processes, directory: Path) -> None:
    """Start both servers, measure them in turns, and print."""
    cores = machine.choose_cores()
    stands = {
        "empty": _stand("empty", asked, processes, cores, directory),
        "full": _stand("full", asked, processes, cores, directory),
    }
    costs = {(page, name): Cost() for page in PAGES for name in stands}
    for turn in range(asked.rounds):
        for page, (walk, dearer) in PAGES.items():
            for name, stand in stands.items():
                try:
                    measure(stand, walk, asked.samples // dearer, costs[page, name])
                except (ValueError, OSError) as failure:
                    costs[page, name].trouble.append(str(failure)[:200])
            report.note(f"round {turn + 1}: {page}, load {os.getloadavg()[0]:.1f}")
        _print(stands, costs)
    hash_us, whole_us = bare_hash_us(cores.server), median(costs["the password, with its hash", "full"].cpu_us)
    report.say(f"argon2 alone {hash_us:,.0f} us: {hash_us / whole_us:.1%} of what a password costs")
    for name, stand in stands.items():
        report.say(f"{name}: {tokens_beside(stand.facts, stand.names)}, load {os.getloadavg()[0]:.1f}")
    report.say(purge_beside(processes, stands["full"].url, cores, lambda: _during(stands["full"], asked.samples)))


def _print(stands: Mapping[str, Stand], costs: Mapping[tuple[str, str], Cost]) -> None:
    report.say(f"\n{'':43} processor: median, p99      took: median, p99")
    for page in PAGES:
        empty, full = costs[page, "empty"], costs[page, "full"]
        for name in stands:
            report.say(f"{page if name == 'empty' else '':36} {name:6} {costs[page, name].told()}")
        if not empty.trouble and not full.trouble:
            report.say(f"{'':43} {median(full.cpu_us) / median(empty.cpu_us):.2f} x")


def _during(stand: Stand, samples: int) -> str:
    cost = Cost()
    measure(stand, _sign_in_page, samples, cost)
    return cost.told()


def _stand(name: str, asked: Asked, processes: Processes, cores: Cores, directory: Path) -> Stand:
    database = postgres.start(processes, f"pg-{name}", directory, cores.server) if asked.engine == "postgres" else None
    made = gatelodge.install(directory / name, database and database.make_database(f"gatelodge_bench_{name}"))
    with (made.directory / "gatelodge.toml").open("a") as settings:
        settings.write(_AS_OPERATORS_DO)
    url = _url_of(made, database, name)
    names: Sequence[str] = USERS
    if name == "full":
        _fill(url, asked, database)
        # Every tenth has a second factor, whose seed nobody knows.
        names = [f"person{number}" for number in range(1, asked.size.people + 1) if number % 10]
    process = processes.start(name, made.serve, core=cores.server, cwd=made.directory, env=made.env)
    processes.wait_until(answers(made.base + "/.well-known/openid-configuration"), name, process)
    return Stand(gatelodge.facts_of(made, name, process.pid, database), url, names)


def _fill(url: str, asked: Asked, database: postgres.Postgres | None) -> None:
    """Fill a database, on all cores for once."""
    if database is None or database.pid is None:
        fill(url, asked.size, int(time.time()), say=report.note)
        return
    own = os.sched_getaffinity(database.pid)
    os.sched_setaffinity(database.pid, range(os.cpu_count() or 1))
    fill(url, asked.size, int(time.time()), say=report.note)
    os.sched_setaffinity(database.pid, own)


def _url_of(made: Installation, database: postgres.Postgres | None, name: str) -> str:
    if database is None:
        return f"sqlite:///{made.directory / 'gatelodge.db'}"
    return database.url.rpartition("/")[0] + f"/gatelodge_bench_{name}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.people", description="What pages cost with many people.")
    parser.add_argument("--people", type=int, default=1_000_000, help="how many (%(default)s)")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--samples", type=int, default=200, help="answers of a page and round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each page, in turns (%(default)s)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the databases are: a disk")
    given = parser.parse_args()
    asked = Asked(given.engine, Size(people=given.people), given.samples, given.rounds)
    with tempfile.TemporaryDirectory(dir=given.directory, prefix="gatelodge-bench-") as folder:
        Path(folder).chmod(0o711)
        with Processes(Path(folder)) as processes:
            run(asked, processes, Path(folder))


if __name__ == "__main__":
    main()
