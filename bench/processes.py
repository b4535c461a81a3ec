"""Starting programs on a chosen core, and ending every one of them whatever happens."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class DidNotStart(RuntimeError):
    """A program ended, or stayed silent, before it was ready; carries the end of what it printed."""


class Processes:
    """All programs of one run. Leaving the `with` block ends them, youngest first; so does the end of this process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Processes":
        signal.signal(signal.SIGTERM, _interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            end(process)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        core: int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program in its own session, pinned to `core`, its output in `<name>.log`."""
        pinned = ["taskset", "-c", str(core), *command] if core is not None else list(command)
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                pinned,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                user=user,
                group=user and _group_of(user),
                extra_groups=[] if user else None,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self._running.append(process)
        return process

    def log(self, name: str) -> Path:
        """The file that keeps what program `name` printed."""
        return self._directory / f"{name}.log"

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End one program now."""
        end(process)
        self._running.remove(process)

    def wait_until(
        self, ready: Callable[[], bool], name: str, process: subprocess.Popen[bytes], seconds: float = 30.0
    ) -> None:
        """Wait until `ready()`. Raises DidNotStart when the program ends first or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = self.log(name).read_text(errors="replace")[-2000:]
                raise DidNotStart(f"{name} is not running:\n{tail}")
            time.sleep(0.01)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the program and its children to stop; insist after ten seconds."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answers(url: str) -> Callable[[], bool]:
    """Return a question: does `url` answer 200 now?"""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                return reply.status == 200
        except (urllib.error.URLError, OSError):
            return False

    return ask


def needed(tool: str, hint: str) -> str:
    """Return the path of a program. Raises SystemExit, saying how to get it, when it is missing."""
    found = shutil.which(tool)
    if found is None:
        raise SystemExit(f"bench: {tool} is missing. {hint}")
    return found


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
