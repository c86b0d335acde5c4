"""Logging: one line an event, UTC, JSON unless someone watches. Never a value of a record, never a credential."""

from __future__ import annotations

import json
import logging
import sys
import time
from contextvars import ContextVar
from typing import Any

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered; every line of the log that is written meanwhile has it, and the answer too."""

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLine(logging.Formatter):
    """An event as one JSON line; newlines inside messages cannot forge another."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
        }
        event |= {key: str(value) for key, value in record.__dict__.items() if key not in _USUAL}
        if request := REQUEST.get():
            event.setdefault("request_id", request)
        if record.exc_info:
            event["trace"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


def set_up(level: int = logging.INFO) -> None:
    """Log to stderr: plain on a terminal, JSON lines elsewhere."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(plain if sys.stderr.isatty() else JsonLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("apscheduler", "procrastinate", "urllib3", "waitress", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
