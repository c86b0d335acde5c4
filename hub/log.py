"""Logging: one line an event, UTC, JSON unless someone watches. Never a value of a record, never a credential.

Modules log with ``logging``; structlog makes the lines. What a run or a request binds (``bound``) stands on each line that
is logged under it. ``hub.redact`` goes over all of it last.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter

from hub import redact
from hub.operating import USUAL, Log

_beside: list[Callable[[], Mapping[str, str]]] = []
NOISY = ("apscheduler", "procrastinate", "urllib3", "waitress", "werkzeug", "alembic", "sqlalchemy")


def bound(**values: str) -> AbstractContextManager[None]:
    """In here every line of this thread says so: ``run``, ``connection``, ``request_id``."""
    return bound_contextvars(**values)


def beside(provider: Callable[[], Mapping[str, str]]) -> None:
    """From now on each line also says what this gives, in the thread that logs."""
    if provider not in _beside:
        _beside.append(provider)


def formatter(plain: bool = False) -> logging.Formatter:
    """Makes a line of any record, also those of libraries. Newlines inside messages cannot forge another."""
    shown: Any = _line if plain else structlog.processors.JSONRenderer()
    return ProcessorFormatter(
        foreign_pre_chain=[merge_contextvars, ExtraAdder(), _standing],
        processors=[_failure, ProcessorFormatter.remove_processors_meta, redact.event, _ordered, shown],
    )


def set_up(log: Log = USUAL.log, least: str | None = None) -> None:
    """Log as configured. ``least``: no less than this goes to standard error, where people read what a command tells them."""
    handler: logging.Handler
    if log.file is not None:
        handler, plain = _file(log.file), log.format == "plain"
    else:
        handler = logging.StreamHandler(sys.stderr)
        plain = log.format == "plain" or (log.format is None and sys.stderr.isatty())
    handler.setFormatter(formatter(plain))
    level = log.level if least is None or log.file is not None else least
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _file(path: Path) -> logging.Handler:
    """Nobody but the hub and its group reads it; a file that was moved away is made anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o640))
    kind = logging.FileHandler if sys.platform == "win32" else WatchedFileHandler
    return kind(path, encoding="utf-8")


def _standing(logger: object, method: str, values: Any) -> Any:
    """When, how bad, and from where."""
    record: logging.LogRecord = values["_record"]
    at = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {})["timestamp"]
    for provider in _beside:
        values = {**provider(), **values}
    return values | {"at": at, "level": record.levelname.lower(), "from": record.name}


def _failure(logger: object, method: str, values: Any) -> Any:
    """In place of a traceback with its texts, see ``redact.failure``."""
    found = values.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    return values | redact.failure(error) if isinstance(error, BaseException) else values


def _ordered(logger: object, method: str, values: Any) -> Any:
    first = {key: values[key] for key in ("at", "level", "from", "event") if key in values}
    return first | values


def _line(logger: object, method: str, values: Any) -> str:
    """For people: the time, the words, then what else there is."""
    head = f"{values.pop('at', '')[11:19]} {values.pop('level', '').upper()} {values.pop('from', '')}: {values.pop('event', '')}"
    trace = values.pop("trace", [])
    rest = " ".join(f"{key}={value}" for key, value in values.items())
    said = "  ".join(part for part in (head, rest, " < ".join(reversed(trace))) if part)
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in said)
