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


def those(conn: Connection, values: Iterable[str]) -> dict[str, Any]:
    found = list(values)
    return {WHICH: found if conn.dialect.name == "postgresql" else dumps(found)}
