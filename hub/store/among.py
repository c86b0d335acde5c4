"""Conditions about many rows in statements that are put together once, however many: all that is asked for goes over in one
value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Text, any_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.engine import dumps


def is_one_of(conn: Connection, there: Any, values: Iterable[Any]) -> Any:
    """The condition that a column holds one of these values. What ``in_`` makes is put together anew for each number of values,
    and has a name for each of them."""
    found = list(values)
    if conn.dialect.name == "postgresql":
        return there == any_(bindparam(None, found, type_=ARRAY(there.type)))
    return there.in_(select(column("value")).select_from(func.json_each(bindparam(None, dumps(found), type_=Text))))
