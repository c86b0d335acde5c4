"""How rows are written: many of one table in one statement that is put together once, what the driver needs and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from hub.store.engine import dumps

Row = dict[str, Any]
_WHICH = "which"


def insert_all(conn: Connection, table: Any, rows: Sequence[Row], otherwise: str = "") -> None:
    """Rows with the same columns each. Values go through the columns' own types, and what is left out becomes the column's
    default, as in ``table.insert()``. ``otherwise``: what becomes of a row whose key is there, in the words that both databases
    know (``ON CONFLICT …``)."""
    if rows:
        _send(conn, _inserting(conn.dialect, table, tuple(rows[0]), otherwise), rows)


def insert_for(conn: Connection) -> Any:
    """``INSERT … ON CONFLICT`` as this database spells it, for a single row."""
    return (postgresql if conn.dialect.name == "postgresql" else sqlite).insert


def update_all(conn: Connection, table: Any, rows: Sequence[Row]) -> None:
    """Set the same columns of several rows, each told by its ``id``. Plain values only."""
    if rows:
        _send(conn, _updating(conn.dialect, table, tuple(rows[0])), rows)


@dataclass(frozen=True, slots=True)
class _Statement:
    """``binds`` in the order in which the statement wants their values, and the ``names`` of these in a row; ``turned`` what
    makes of some of them, by place, the driver's. ``together``: it takes all rows as one JSON value."""

    text: str
    positional: bool
    binds: tuple[str, ...]
    names: tuple[str, ...]
    turned: tuple[tuple[int, Callable[[Any], Any]], ...]
    defaults: Row
    together: bool = False

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
    if not made.positional or made.together:
        sent = [dict(zip(made.binds, values, strict=True)) for values in sent]
    if made.together:
        sent = [(orjson.dumps(sent, _json).decode(),)]
    conn.exec_driver_sql(made.text, sent if len(sent) > 1 else sent[0])


def _json(value: Any) -> str:
    """What the driver would have put into words later: psycopg's ``Json``."""
    return dumps(value.obj)


@lru_cache(maxsize=256)
def _inserting(dialect: Dialect, table: Any, names: tuple[str, ...], otherwise: str) -> _Statement:
    compiled: Any = table.insert().compile(dialect=dialect, column_keys=list(names))
    defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
    made = _statement(compiled, (*names, *defaults), defaults, lambda bind: bind)
    if dialect.name == "postgresql":
        return replace(made, text=f"{_from_json(dialect, table, made.binds)} {otherwise}", together=True)
    return replace(made, text=f"{made.text} {otherwise}")


def _from_json(dialect: Dialect, table: Any, names: Sequence[str]) -> str:
    """A statement a row costs PostgreSQL and its driver a message each. Every value comes as text and is read as its column's
    type: JSON within would be looked through for characters that a column of text cannot hold."""
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    texts = ", ".join(f"{quote(name)} text" for name in names)
    read = ", ".join(f"CAST({quote(name)} AS {table.c[name].type.compile(dialect=dialect)})" for name in names)
    given = f"json_to_recordset(%s) AS given ({texts})"
    return f"INSERT INTO {quote(table.name)} ({columns}) SELECT {read} FROM {given}"  # noqa: S608 - our own names


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
