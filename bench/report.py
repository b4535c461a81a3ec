"""Printing figures for people, and keeping them for machines."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.figures import Figure, Range, Ratio
from bench.measure import Measurement
from bench.workloads import WORKLOADS, Workload

_TITLES = {workload.key: workload for workload in WORKLOADS}
_MIB = 1024 * 1024

LEGEND = (
    "CPU us: microseconds per answer (per flow), database included. RSS, PSS: the server's processes, without the"
    " database's.\nchecked: answers verified beside the load + spent values replayed and refused. +: the load generator"
    " was the limit."
)
RATIO_LEGEND = "not told: there was one round only, or the ranges of the rounds overlap."
_QUIET = 0.03


def say(line: str = "") -> None:
    """Print a line now."""
    print(line, flush=True)


def note(line: str) -> None:
    """Tell what is going on, on standard error."""
    print(line, file=sys.stderr, flush=True)


def progress(measured: Measurement) -> None:
    """Show one round as it ends, on standard error."""
    outcome = measured.trouble or f"{measured.rate:>8,.0f}/s  p99 {measured.p99_ms:6.2f} ms"
    note(f"  {measured.workload:<11} round {measured.round + 1}  {measured.server:<24} {outcome}")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures of all workloads as aligned text."""
    rows: list[tuple[str, ...]] = [
        ("", "median/s", "(least - most)", "p50 ms", "p99 ms", "CPU us", "RSS", "PSS MiB", "checked")
    ]
    for key in dict.fromkeys(each.workload for each in figures):
        workload = _TITLES[key]
        rows.append((f"{workload.title}{' (flows)' if workload.unit == 'flows' else ''}", *[""] * 8))
        rows += [_row(each) for each in figures if each.workload == key]
    return _align(rows)


def ratios(found: Sequence[Ratio]) -> str:
    """Return the comparison with the peer as aligned text."""
    rows = [("", "", "rate", "CPU", "floor", "")]
    for each in found:
        floor = f"{each.floor:.1f}x" if each.floor else ""
        rows.append(
            (_TITLES[each.workload].title, each.ours, _times(each.value), _times(each.cpu), floor, _verdict(each))
        )
    return _align(rows)


def disturbance(figures: Sequence[Figure]) -> str | None:
    """Return a warning when other programs were busy beside the bench; `None` when the machine was its own."""
    most = max((each.others for each in figures), default=0.0)
    if most <= _QUIET:
        return None
    return (
        f"WARNING: other programs took up to {most:.0%} of the two cores during a round. Rates and latencies are worse"
        " than they would be; CPU us is the column to trust."
    )


def pairs(title: str, lines: Mapping[str, str]) -> str:
    """Return named values as aligned text."""
    return title + "\n" + _align([("  " + name, value) for name, value in lines.items()], left=(0, 1))


def keep(path: Path, content: Mapping[str, object]) -> None:
    """Write a run as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def find(figures: Iterable[Figure], workload: Workload, server: str) -> Figure | None:
    """Return the figure of one server at one workload."""
    return next((each for each in figures if each.workload == workload.key and each.server == server), None)


def _row(each: Figure) -> tuple[str, ...]:
    if each.trouble:
        return (f"  {each.server}", f"no figure: {each.trouble}", *[""] * 7)
    return (
        f"  {each.server}",
        f"{each.rate.median:,.0f}" + ("+" if each.generator_limited else ""),
        f"({each.rate.low:,.0f} - {each.rate.high:,.0f})",
        _milliseconds(each.p50_ms),
        _milliseconds(each.p99_ms),
        f"{each.cpu_us.median:,.0f}" if each.cpu_us else "?",
        f"{each.rss / _MIB:,.0f}",
        f"{each.pss / _MIB:,.0f}",
        f"{each.verified}" + (f"+{each.replays}" if each.replays else ""),
    )


def _milliseconds(value: Range) -> str:
    return f"{value.median:.2f}"


def _verdict(each: Ratio) -> str:
    if each.floor is None:
        return ""
    if each.value is None:
        return "not shown"
    return "reached" if each.holds else "MISSED"


def _times(value: float | None) -> str:
    return "not told" if value is None else f"{value:.2f}x"


def _align(rows: Sequence[tuple[str, ...]], left: tuple[int, ...] = (0,)) -> str:
    """Columns as wide as their widest cell; a row that is only a title or a message does not widen them."""
    full = [row for row in rows if sum(1 for cell in row if cell) > 2 or len(row) == 2]
    widths = [max(len(row[column]) for row in full or rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_cell(text, widths[n], n in left) for n, text in enumerate(row)).rstrip() for row in rows]
    return "\n".join(lines)


def _cell(text: str, width: int, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)
