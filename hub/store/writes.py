"""Many rows of one table in one statement that is put together once: what the database's own driver needs, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam
from sqlalchemy.engine import Dialect

Row = dict[str, Any]
_WHICH = "which"


def insert_all(conn: Connection, table: Any, rows: Sequence[Row]) -> None:
    """Rows with the same columns each. Values go through the columns' own types, and what is left out becomes the column's
    default, as in ``table.insert()``."""
    if rows:
        _send(conn, _inserting(conn.dialect, table, tuple(rows[0])), rows)


def update_all(conn: Connection, table: Any, rows: Sequence[Row]) -> None:
    """Set the same columns of several rows, each told by its ``id``. Plain values only."""
    if rows:
        _send(conn, _updating(conn.dialect, table, tuple(rows[0])), rows)


@dataclass(frozen=True, slots=True)
class _Statement:
    """``binds`` in the order in which the statement wants their values, and the ``names`` of these in a row; ``turned`` what
    makes of some of them, by place, the driver's."""

    text: str
    positional: bool
    binds: tuple[str, ...]
    names: tuple[str, ...]
    turned: tuple[tuple[int, Callable[[Any], Any]], ...]
    defaults: Row

    def values(self, row: Row) -> tuple[Any, ...]:
        """Nothing stays nothing, whatever its column's type."""
        values = [row[name] for name in self.names]
        for place, to in self.turned:
            if values[place] is not None:
                values[place] = to(values[place])
        return tuple(values)


def _send(conn: Connection, made: _Statement, rows: Sequence[Row]) -> None:
    whole = [made.defaults | row for row in rows] if made.defaults else rows
    sent: Any = list(map(made.values, whole))
    if not made.positional:
        sent = [dict(zip(made.binds, values, strict=True)) for values in sent]
    conn.exec_driver_sql(made.text, sent if len(sent) > 1 else sent[0])


@lru_cache(maxsize=256)
def _inserting(dialect: Dialect, table: Any, names: tuple[str, ...]) -> _Statement:
    compiled: Any = table.insert().compile(dialect=dialect, column_keys=list(names))
    defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
    return _statement(compiled, (*names, *defaults), defaults, lambda bind: bind)


@lru_cache(maxsize=256)
def _updating(dialect: Dialect, table: Any, names: tuple[str, ...]) -> _Statement:
    set_: Row = {name: bindparam(f"to_{name}") for name in names if name != "id"}
    compiled: Any = table.update().where(table.c.id == bindparam(_WHICH)).values(**set_).compile(dialect=dialect)
    binds = (*(f"to_{name}" for name in set_), _WHICH)
    return _statement(compiled, binds, {}, lambda bind: "id" if bind == _WHICH else bind.removeprefix("to_"))


def _statement(compiled: Any, binds: tuple[str, ...], defaults: Row, name: Callable[[str], str]) -> _Statement:
    order = tuple(compiled.positiontup) if compiled.positional else binds
    to = compiled._bind_processors
    turned = tuple((place, to[bind]) for place, bind in enumerate(order) if bind in to)
    return _Statement(compiled.string, bool(compiled.positional), order, tuple(map(name, order)), turned, defaults)
