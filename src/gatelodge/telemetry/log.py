"""Structured logs on standard error: one record a line, escaped and cut, JSON for machines or text for a terminal."""

import atexit
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TextIO, cast

import msgspec
import structlog

from gatelodge.clock import stamp
from gatelodge.config.policies import LogPolicy
from gatelodge.telemetry.events import Level
from gatelodge.telemetry.mishap import told
from gatelodge.telemetry.outlet import Outlet

LONGEST = 500  # characters of one value: what strangers send must not fill a disk

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_encode = msgspec.json.Encoder(enc_hook=str).encode

Record = MutableMapping[str, Any]
Processor = Callable[[Any, str, Record], Any]


@dataclass(slots=True)
class _Settled:
    """How this process logs, once `configure` said so."""

    threshold: int = logging.DEBUG
    as_json: bool = False


def _dropped(records: int) -> str:
    said = {"event": "log_dropped", "level": "warning", "timestamp": stamp(), "records": records}
    return _encode(said).decode() + "\n"


_settled = _Settled()
_outlet = Outlet(_dropped)
finish = _outlet.finish


def configure(policy: LogPolicy) -> None:
    """Send every log record of this process, ours and the libraries', to standard error in one shape."""
    level = logging.getLevelNamesMapping()[policy.level.upper()]
    as_text = policy.format == "console" or (policy.format == "auto" and sys.stderr.isatty())
    _settled.threshold, _settled.as_json = level, not as_text
    renderer: Processor = cast(Processor, structlog.dev.ConsoleRenderer()) if as_text else _as_json
    shared: list[Processor] = [
        cast(Processor, structlog.processors.add_log_level),
        cast(Processor, structlog.processors.TimeStamper(fmt="iso", utc=True)),
        without_traceback,
        cut,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_factory,
        cache_logger_on_first_use=True,
    )
    _adopt_libraries(shared, renderer, max(level, logging.INFO))
    _adopt_mishaps()
    atexit.register(finish)


def _factory(*_names: object) -> structlog.WriteLogger:
    return structlog.WriteLogger(cast(TextIO, _outlet))


def write_event(level: Level, name: str, said: Mapping[str, object]) -> None:
    """Write one record of our own making, in the shape of all others and without their detours.

    Events are most of the log, and a token is issued in less time than a general log call takes.
    """
    if _LEVELS[level] < _settled.threshold:
        return
    if not _settled.as_json:
        getattr(structlog.stdlib.get_logger(), level)(name, **said)
        return
    record = cut(None, level, {"event": name, "level": level, "timestamp": stamp(), **said})
    _outlet.write(_encode(record).decode() + "\n")


def without_traceback(_logger: object, _method: str, record: Record) -> Record:
    """Say what an exception is and where, in place of its traceback: what it holds may be secret."""
    given = record.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else cast(Any, given)[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        record.update(told(error))
    return record


def cut(_logger: object, _method: str, record: Record) -> Record:
    """Shorten long strings and escape control characters, so that one event stays one line of bounded length."""
    for key, value in record.items():
        if isinstance(value, str) and (len(value) > LONGEST or not value.isprintable()):
            record[key] = _printable(value[:LONGEST])
    return record


def _printable(characters: Iterable[str]) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in characters)


def _as_json(_logger: object, _method: str, record: Record) -> str:
    return _encode(record).decode()


def _adopt_libraries(shared: list[Processor], renderer: Processor, level: int) -> None:
    """Route the records of uvicorn and other libraries through the same processors; its access log stays off."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=cast(Any, shared),
        processors=cast(Any, [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]),
    )
    handler = _Handler(cast(TextIO, _outlet))
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
    logging.getLogger("uvicorn.access").propagate = False
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log URLs of every outbound request
    logging.getLogger("asyncio").filters = [_first_line]  # the others show tasks and what they raised


class _Handler(logging.StreamHandler[TextIO]):
    """Writes the records of libraries. One that cannot be written is no reason to print what it was about."""

    def handleError(self, record: logging.LogRecord) -> None:
        write_event("error", "unexpected", {"error": "a record cannot be written", "logger": record.name})


def _first_line(record: logging.LogRecord) -> bool:
    record.msg, record.args = record.getMessage().partition("\n")[0], None
    return True


def _adopt_mishaps() -> None:
    """Log what Python itself would print: warnings, and exceptions that nobody was there to catch."""
    logging.captureWarnings(True)
    threading.excepthook = lambda lost: _lost(lost.exc_value)
    sys.unraisablehook = lambda lost: _lost(lost.exc_value)


def _lost(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, SystemExit):
        write_event("error", "unexpected", told(error))
