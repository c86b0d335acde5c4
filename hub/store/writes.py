"""Many rows of one table in one statement that is put together once: what the database's own driver needs, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Row = dict[str, Any]


def insert_all(conn: Connection, table: Any, rows: Sequence[Row]) -> None:
    """Rows with the same columns each. Values go through the columns' own types, as in ``table.insert()``."""
    if rows:
        statement, columns = _prepared(conn.dialect, table, tuple(rows[0]))
        _run(conn, statement, columns, rows)


Columns = list[tuple[str, Callable[[Any], Any] | None]]


@lru_cache(maxsize=256)
def _prepared(dialect: Dialect, table: Any, names: tuple[str, ...]) -> tuple[SQLCompiler, Columns]:
    compiled: Any = table.insert().compile(dialect=dialect, column_keys=list(names))
    order = compiled.positiontup if compiled.positional else names
    return compiled, [(name, compiled._bind_processors.get(name)) for name in order]


def _run(conn: Connection, compiled: Any, columns: Columns, rows: Sequence[Row]) -> None:
    text = compiled.string
    if compiled.positional:
        values: Any = [tuple(row[n] if turn is None else turn(row[n]) for n, turn in columns) for row in rows]
    else:
        values = [{n: row[n] if turn is None else turn(row[n]) for n, turn in columns} for row in rows]
    conn.exec_driver_sql(text, values)
