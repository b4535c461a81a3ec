"""What the inspector costs: less than 3% of the token endpoint's throughput, its rows included."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST = 0.03
TRIES = 5  # other programs on the machine disturb one, and never make it look cheaper than it is


@pytest.mark.slow
def test_it_costs_less_than_three_percent():
    costs: list[float] = []
    while len(costs) < TRIES and min(costs, default=1.0) >= MOST:
        costs.append(measured()["share"])

    assert min(costs) < MOST, [f"{cost:.1%}" for cost in costs]


def measured() -> dict[str, float]:
    """What the benchmark says, in a process of its own."""
    command = [sys.executable, "-m", "bench.inspector", "--rounds", "60", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)
