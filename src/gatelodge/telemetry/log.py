"""Structured logs on standard error: one record a line, escaped and cut, JSON for machines or text for a terminal."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TextIO, cast

import msgspec
import structlog

from gatelodge.clock import stamp
from gatelodge.config.policies import LogPolicy
from gatelodge.telemetry.events import Level

LONGEST = 500  # characters of one value: what strangers send must not fill a disk

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_encode = msgspec.json.Encoder(enc_hook=str).encode

Record = MutableMapping[str, Any]
Processor = Callable[[Any, str, Record], Any]


class Lines:
    """Standard error, written to once per turn of the event loop however many records there were in it."""

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def write(self, text: str) -> None:
        """Write `text`, now or at the end of this turn of the loop."""
        self._waiting.append(text)
        if len(self._waiting) > 1:
            return
        try:
            asyncio.get_running_loop().call_soon(self.flush)
        except RuntimeError:
            self.flush()

    def flush(self) -> None:
        """Write everything that waits."""
        text, self._waiting = "".join(self._waiting), []
        if text:
            sys.stderr.write(text)
            sys.stderr.flush()


@dataclass(slots=True)
class _Settled:
    """How this process logs, once `configure` said so."""

    threshold: int = logging.DEBUG
    as_json: bool = False


_settled = _Settled()
_lines = Lines()


def configure(policy: LogPolicy) -> None:
    """Send every log record of this process, ours and the libraries', to standard error in one shape."""
    level = logging.getLevelNamesMapping()[policy.level.upper()]
    as_text = policy.format == "console" or (policy.format == "auto" and sys.stderr.isatty())
    _settled.threshold, _settled.as_json = level, not as_text
    renderer: Processor = cast(Processor, structlog.dev.ConsoleRenderer()) if as_text else _as_json
    shared: list[Processor] = [
        cast(Processor, structlog.processors.add_log_level),
        cast(Processor, structlog.processors.TimeStamper(fmt="iso", utc=True)),
        cut,
    ]
    if not as_text:
        shared.append(cast(Processor, structlog.processors.format_exc_info))
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_factory,
        cache_logger_on_first_use=True,
    )
    _adopt_libraries(shared, renderer, max(level, logging.INFO))


def _factory(*_names: object) -> structlog.WriteLogger:
    return structlog.WriteLogger(cast(TextIO, _lines))


def write_event(level: Level, name: str, said: Mapping[str, object]) -> None:
    """Write one record of our own making, in the shape of all others and without their detours.

    Events are most of the log, and a token is issued in less time than a general log call takes.
    """
    if _LEVELS[level] < _settled.threshold:
        return
    if not _settled.as_json:
        getattr(structlog.stdlib.get_logger(), level)(name, **said)
        return
    _lines.write(_encode({"event": name, "level": level, "timestamp": stamp(), **said}).decode() + "\n")


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
    handler = logging.StreamHandler(cast(TextIO, _lines))
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
    logging.getLogger("uvicorn.access").propagate = False
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log URLs of every outbound request
