"""``hub web`` or ``hub worker`` as its own process that keeps a diary: when each run began and ended, and its time in the
database. A shorter lease, and all that hangs on it, spares a test the two minutes that it has."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from connectors.transport import Transport
from hub.app import Hub
from hub.jobs import lease, scheduled
from hub.store import engine
from hub.sync import recover, turn

SPENT = threading.local()
LEAST = 10.0
"""Seconds: so long a process that waits for a processor may well say nothing in the middle of a transaction."""


def shorter(seconds: float) -> None:
    """Lease and deadline in the proportion that they have."""
    lease.LEASE = timedelta(seconds=seconds)
    turn.DEADLINE = seconds / 2
    recover.LONGEST_CALL = timedelta(seconds=seconds / 2)
    engine.ABANDONED = min(engine.ABANDONED, max(seconds / 2, LEAST))
    defaults: Any = Transport.__init__.__kwdefaults__
    defaults["deadline"], defaults["timeout"] = seconds / 2, seconds / 2


def count_time_in_database() -> None:
    """Per thread, commits included."""

    @event.listens_for(Engine, "before_cursor_execute")
    def begin(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        conn.info["began"] = time.monotonic()

    @event.listens_for(Engine, "after_cursor_execute")
    def end(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        SPENT.seconds = getattr(SPENT, "seconds", 0.0) + time.monotonic() - conn.info["began"]

    commit = PGDialect_psycopg.do_commit

    def timed(self: Any, connection: Any) -> None:
        began = time.monotonic()
        commit(self, connection)
        SPENT.seconds = getattr(SPENT, "seconds", 0.0) + time.monotonic() - began

    PGDialect_psycopg.do_commit = timed  # type: ignore[method-assign]


def keep_diary(file: Path) -> None:
    """A line when a run that was claimed begins, and one when it has come to its end."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(**what: Any) -> None:
        line = {"pid": os.getpid(), "t": time.monotonic(), **what}
        os.write(descriptor, (json.dumps(line) + "\n").encode())

    claim, ended = lease.claim, scheduled.OneRun.give_out

    def claimed(conn: Any, connection: str, *rest: Any) -> Any:
        row = claim(conn, connection, *rest)
        SPENT.seconds, SPENT.cpu = 0.0, time.thread_time()
        note(what="begin", name=connection, fence=row.fence)
        return row

    def give_out(run: Any) -> None:
        ended(run)
        if run.result.run_id and run.result.state != "busy":
            note(
                what="end", name=run.name, state=run.result.state, db=SPENT.seconds, cpu=time.thread_time() - SPENT.cpu
            )

    lease.claim = claimed  # type: ignore[assignment]
    scheduled.OneRun.give_out = give_out  # type: ignore[method-assign]


def limits_of_its_own() -> None:
    """The mistake that the proof is to find: every process counts for itself."""
    from connectors.limiter import Limiter

    made = Hub.__init__

    def init(self: Hub, *args: Any, **seams: Any) -> None:
        made(self, *args, **seams)
        self._limiter = Limiter(self.time)

    Hub.__init__ = init  # type: ignore[method-assign]


def lease_of_no_force() -> None:
    """Another mistake, in both places that stand against it: whoever slept through its lease stores what it did, and its time
    to write begins when the database has answered."""
    lease.keep = lambda *asked: None  # type: ignore[assignment]

    def late(self: turn.Turn) -> float:
        return self.hub.time.monotonic() + lease.LEASE.total_seconds() - turn.DEADLINE

    turn.Turn.writes_until = late  # type: ignore[method-assign]


MISTAKES = {"": lambda: None, "limits": limits_of_its_own, "lease": lease_of_no_force}


def run(words: Sequence[str], log: str, settings: Mapping[str, Any]) -> None:
    """In a process of its own: ``hub WORDS``, saying all it says to this file. ``settings``: lease in seconds, the diary's
    file, a mistake to make."""
    with Path(log).open("a") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    shorter(settings["lease"])
    MISTAKES[settings["mistake"]]()
    keep_diary(Path(settings["diary"]))
    count_time_in_database()
    from hub.cli import main as hub

    hub(list(words))
