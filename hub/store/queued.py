"""Procrastinate's tables in the hub's PostgreSQL: what the hub itself asks of them. The library's own statements are its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

WAITING = "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %(queue)s"
"""What waits in one queue. For Procrastinate's connection, whose search path leads to its tables; so is ``TIDY``."""
TIDY = (
    "DELETE FROM procrastinate_jobs WHERE (status = 'doing' AND worker_id IS NULL)"
    " OR (status = 'todo' AND queue_name <> ALL(%(alive)s)) OR status NOT IN ('todo', 'doing')"
)
"""Takes out what nobody works on, what waits in queues other than those ``alive``, and what is over."""


def is_there(conn: Connection, schema: str) -> bool:
    return conn.scalar(text("SELECT to_regclass(:table)"), {"table": f"{schema}.procrastinate_jobs"}) is not None


def make(conn: Connection, schema: str, statements: str) -> None:
    """The tables by Procrastinate's own ``statements``, in a schema of their own. ``schema`` is a name that the hub made."""
    conn.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    conn.execute(text(f"SET LOCAL search_path = {schema}"))
    # Many statements in one: only without parameters, which SQLAlchemy would pass.
    driver: Any = conn.connection.driver_connection
    driver.execute(statements)
