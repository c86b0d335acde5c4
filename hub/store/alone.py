"""What only one process may do at a time, however many there are. On SQLite a write transaction keeps the others out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select

OURS = 0x68756200
"""In the keys of PostgreSQL's advisory locks, so that a program in the same database does not meet them by accident."""


def wait_for(conn: Connection, name: str) -> None:
    """Nobody else passes here until this transaction ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(OURS, func.hashtext(name))))


@contextmanager
def only_one(engine: Engine, name: str) -> Iterator[bool]:
    """Whether it is this process that does what has this name; it is free again at the end, or when the process dies.
    No transaction is open meanwhile. On SQLite, where there is one process, always."""
    if engine.dialect.name != "postgresql":
        yield True
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        key = (OURS, func.hashtext(name))
        mine = bool(conn.scalar(select(func.pg_try_advisory_lock(*key))))
        try:
            yield mine
        finally:
            if mine:
                conn.scalar(select(func.pg_advisory_unlock(*key)))
