"""LOG-01: what strangers send is one line of bounded length in each format."""

import subprocess
import sys

import pytest

from gatelodge.telemetry.log import LONGEST

WRITE = """
import sys
from gatelodge.config.policies import LogPolicy
from gatelodge.telemetry import log
log.configure(LogPolicy(format=sys.argv[1]))
log.write_event("warning", "tried", {"client_id": "q" * 10_000, "reason": "a\\nb\\x7f\\u2028c", "user_id": 7})
"""


@pytest.mark.parametrize("format", ["json", "console"])
def test_LOG_01_a_long_field_is_cut_and_its_controls_are_escaped(format: str):
    done = subprocess.run([sys.executable, "-c", WRITE, format], stderr=subprocess.PIPE, check=True)
    line = done.stderr.decode()

    assert line.count("q") == LONGEST
    assert len(line.splitlines()) == 1
    assert "\x7f" not in line
