"""`python -m bench`: measure Gatelodge, and with --peers others beside it, in one run."""

import shutil
import sys
import tempfile
from pathlib import Path

from bench import machine, report
from bench.options import Options, read
from bench.processes import DidNotStart, Processes
from bench.run import run


def main() -> int:
    """Run the bench. Returns 0; 1 when an answer was wrong; 2 when a server did not start; 130 when interrupted."""
    options = read()
    machine.need_tools()
    lock = machine.claim()
    directory = Path(tempfile.mkdtemp(prefix="gatelodge-bench-", dir=options.directory))
    directory.chmod(0o711)  # PostgreSQL runs below it as somebody else
    try:
        return _guarded(options, directory)
    finally:
        lock.close()
        shutil.rmtree(directory, ignore_errors=True)


def _guarded(options: Options, directory: Path) -> int:
    try:
        with Processes(directory) as processes:
            return run(options, processes, directory)
    except DidNotStart as failure:
        report.say(f"bench: {failure}")
        return 2
    except KeyboardInterrupt:
        report.say("bench: interrupted; everything it started has ended")
        return 130


if __name__ == "__main__":
    sys.exit(main())
