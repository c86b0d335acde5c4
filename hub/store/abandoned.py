"""Sessions of PostgreSQL whose process says nothing more, ended by one that lives.

The server's own clock does not see all of them: it counts no idle time where the last message asked for no answer, as in the
middle of many rows at once, nor while it waits for somebody to take an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from hub.store import engine
from hub.store.alone import HOLDS
from hub.store.identity import ALIVE

_END = text("""
    SELECT pid, coalesce(host(client_addr), 'this machine') AS whose,
           extract(epoch FROM clock_timestamp() - state_change) AS silent, pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND wait_event_type = 'Client'
      AND (application_name = :writes AND xact_start IS NOT NULL
             AND state_change < clock_timestamp() - make_interval(secs => :most)
           OR application_name LIKE :holds || '_%' AND substr(application_name, length(:holds) + 1)
             NOT IN (SELECT id FROM process WHERE seen_at >= :since))
""")


@dataclass(frozen=True, slots=True)
class Ended:
    """A session: PostgreSQL's number of it, the address that it came from, seconds since it last said something."""

    pid: int
    whose: str
    silent: float


def end(conn: Connection, now: datetime) -> Sequence[Ended]:
    """End the sessions of this hub that are in a write transaction and for which PostgreSQL has waited longer than such a one
    may be silent, and those that hold a chore for a process that shows itself no more. Whoever works, reads, backs up or is
    no hub is left alone."""
    asked: dict[str, Any] = {"writes": engine.WRITES, "most": engine.ABANDONED, "holds": HOLDS, "since": now - ALIVE}
    return [Ended(row.pid, row.whose, float(row.silent)) for row in conn.execute(_END, asked)]
