"""Statements about many rows that are put together once, however many: all that is asked for goes over in one value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Text, any_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.engine import dumps

WHICH = "which"


def among(dialect: str, there: Any) -> Any:
    """The condition that a column of text holds one of the values given with ``those``."""
    if dialect == "postgresql":
        return there == any_(bindparam(WHICH, type_=ARRAY(Text)))
    return there.in_(select(column("value")).select_from(func.json_each(bindparam(WHICH))))


def is_one_of(conn: Connection, there: Any, values: Iterable[Any]) -> Any:
    """The condition with its values in it. However many they are, the statement stays one that is put together already; what
    ``in_`` makes is put together anew for each number of values, and has a name for each of them."""
    found = list(values)
    if conn.dialect.name == "postgresql":
        return there == any_(bindparam(None, found, type_=ARRAY(there.type)))
    return there.in_(select(column("value")).select_from(func.json_each(bindparam(None, dumps(found), type_=Text))))


def those(conn: Connection, values: Iterable[str]) -> dict[str, Any]:
    found = list(values)
    return {WHICH: found if conn.dialect.name == "postgresql" else dumps(found)}
