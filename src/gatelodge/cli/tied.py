"""Runs another Python program for as long as whoever started it lives: `python -P tied.py program.py`, or
`python -P tied.py -m module`.

The starter holds the other end of standard input and writes nothing into it. However it ends, also by a signal it
cannot hear, the system closes that end. It is run as a file, so that no program waits for the command line's imports.
"""

import os
import runpy
import signal
import sys
import threading
from pathlib import Path

PATIENCE = 10  # seconds the program gets to end by itself


def main() -> None:
    """Run the program that the first argument names, or the module behind `-m`."""
    threading.Thread(target=_watch, daemon=True).start()
    del sys.argv[0]
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        return
    sys.path.insert(0, str(Path(sys.argv[0]).parent))  # as if Python had been given the program
    runpy.run_path(sys.argv[0], run_name="__main__")


def _watch() -> None:
    """End this process when its starter is gone."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(PATIENCE)
    os._exit(1)


if __name__ == "__main__":
    main()
