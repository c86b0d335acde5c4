"""Many rows of one table in one statement that is put together once: what the database's own driver needs, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

Row = dict[str, Any]


def insert_all(conn: Connection, table: Any, rows: Sequence[Row]) -> None:
    """Rows with the same columns each. Values go through the columns' own types, and what is left out becomes the column's
    default, as in ``table.insert()``."""
    if not rows:
        return
    made = _prepared(conn.dialect, table, tuple(rows[0]))
    whole = [made.defaults | row for row in rows] if made.defaults else rows
    if made.positional:
        sent: Any = [tuple(row[n] if to is None else to(row[n]) for n, to in made.columns) for row in whole]
    else:
        sent = [{n: row[n] if to is None else to(row[n]) for n, to in made.columns} for row in whole]
    conn.exec_driver_sql(made.text, sent)


@dataclass(frozen=True, slots=True)
class _Insert:
    """``columns`` in the order in which the statement wants them, each with what makes its value the driver's."""

    text: str
    positional: bool
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    defaults: Row


@lru_cache(maxsize=256)
def _prepared(dialect: Dialect, table: Any, names: tuple[str, ...]) -> _Insert:
    compiled: Any = table.insert().compile(dialect=dialect, column_keys=list(names))
    defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
    order = compiled.positiontup if compiled.positional else (*names, *defaults)
    columns = tuple((name, compiled._bind_processors.get(name)) for name in order)
    return _Insert(compiled.string, bool(compiled.positional), columns, defaults)
