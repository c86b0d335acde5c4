"""What only one process may do at a time, however many there are. On SQLite a write transaction keeps the others out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select

from hub.store.engine import NAME

OURS = 0x68756200
"""In the keys of PostgreSQL's advisory locks, so that a program in the same database does not meet them by accident."""
HOLDS = "hub holds for "
"""What PostgreSQL knows a session by that does so, before the id of its process; see ``abandoned``."""


def wait_for(conn: Connection, name: str) -> None:
    """Nobody else passes here until this transaction ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(OURS, func.hashtext(name))))


@contextmanager
def only_one(engine: Engine, name: str, process: str) -> Iterator[bool]:
    """Whether it is ``process`` that does what has this name; it is free again at the end, or when that process dies or shows
    itself no more. No transaction is open meanwhile. On SQLite, where there is one process, always."""
    if engine.dialect.name != "postgresql":
        yield True
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        key = (OURS, func.hashtext(name))
        _call(conn, HOLDS + process)
        mine = bool(conn.scalar(select(func.pg_try_advisory_lock(*key))))
        try:
            yield mine
        finally:
            if mine:
                conn.scalar(select(func.pg_advisory_unlock(*key)))
            _call(conn, NAME)


def _call(conn: Connection, name: str) -> None:
    conn.execute(select(func.set_config("application_name", name, False)))
