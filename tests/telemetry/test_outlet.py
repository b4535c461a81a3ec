"""LOG-02: a log that nobody reads costs records, and nothing else."""

import json
import os
import threading
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from tests.server_process import eventually

from gatelodge.telemetry import metrics
from gatelodge.telemetry.outlet import ROOM, Outlet


@dataclass
class Pipe:
    """A pipe that is full, until somebody reads it."""

    reads: int
    writes: int
    filled: int

    def read(self, size: int) -> bytes:
        """Read so many bytes, behind what filled it."""
        arrived = b""
        while len(arrived) < self.filled + size:
            arrived += os.read(self.reads, 65_536)
        return arrived[self.filled :]


def fill(writes: int) -> int:
    """Fill a pipe, and return with how much."""
    os.set_blocking(writes, False)
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(writes, b"x" * 4_096)
    os.set_blocking(writes, True)
    return filled


@pytest.fixture
def pipe() -> Generator[Pipe]:
    reads, writes = os.pipe()
    yield Pipe(reads, writes, fill(writes))
    for end in (reads, writes):
        with suppress(OSError):
            os.close(end)


def outlet_to(pipe: Pipe) -> Outlet:
    return Outlet(lambda records: json.dumps({"dropped": records}) + "\n", pipe.writes)


def dropped() -> float:
    return metrics.LOG_DROPPED._value.get()


def test_LOG_02_what_does_not_fit_is_dropped_counted_and_told(pipe: Pipe) -> None:
    outlet, before = outlet_to(pipe), dropped()
    outlet.write("0\n")
    eventually(lambda: outlet.is_writing, "it is stuck")
    lines = [f"{number}\n" for number in range(1, ROOM + 101)]
    for line in lines:
        outlet.write(line)
    assert dropped() == before + 100
    outlet.finish(0.01)  # comes back, with nothing written

    kept = ["0\n", *lines[:ROOM]]
    said = pipe.read(len("".join(kept)) + len('{"dropped": 100}\n')).decode()
    assert said.replace('{"dropped": 100}\n', "") == "".join(kept)
    assert '{"dropped": 100}\n' in said
    outlet.write("and on\n")
    outlet.finish()
    assert os.read(pipe.reads, 100) == b"and on\n"


def test_LOG_02_a_reader_that_is_gone_for_good_is_no_reason_to_stop(pipe: Pipe) -> None:
    outlet, before = outlet_to(pipe), dropped()
    os.close(pipe.reads)
    outlet.write("1\n")
    outlet.finish()
    outlet.write("2\n")
    outlet.finish()
    assert dropped() == before + 2


def test_a_pipe_that_does_not_wait_gets_everything_all_the_same(pipe: Pipe) -> None:
    outlet = outlet_to(pipe)
    os.set_blocking(pipe.writes, False)
    outlet.write("late\n")
    eventually(lambda: outlet.is_writing, "it is stuck")
    assert pipe.read(5) == b"late\n"


def test_lines_of_many_threads_arrive_whole_and_those_of_one_in_order() -> None:
    reads, writes = os.pipe()
    outlet = Outlet(str, writes)
    arrived = bytearray()

    def read() -> None:
        while piece := os.read(reads, 65_536):
            arrived.extend(piece)

    def write(name: int) -> None:
        for number in range(500):
            outlet.write(f"{name} {number} {'é' * 300}\n")

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    outlet.finish(60)
    os.close(writes)
    reader.join()
    os.close(reads)
    rows = [line.split() for line in arrived.decode().splitlines()]
    for name in range(4):
        assert [row[1:] for row in rows if row[0] == str(name)] == [[str(n), "é" * 300] for n in range(500)]
