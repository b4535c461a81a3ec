"""What a process does when it is told to stop: it ends as one that is done, so that its last words are written."""

import signal
from types import FrameType


def leave_when_told(*, heeds_hangup: bool) -> None:
    """End at SIGTERM by leaving, wherever uvicorn does not drain first; and at SIGHUP, or not at all."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave if heeds_hangup else signal.SIG_IGN)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
