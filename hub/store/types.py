"""Column types that SQLite and PostgreSQL keep alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class Moment(TypeDecorator[datetime]):
    """A point in time. Aware (UTC) in Python, naive UTC in the database: SQLite keeps no zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its zone; the clock of the hub gives UTC.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Json: Any = JSON(none_as_null=True)


def moment(index: bool = False, nullable: bool = True) -> Any:
    """A column with a point in time."""
    return Field(default=None, sa_column=Column(Moment, nullable=nullable, index=index))


def json_column() -> Any:
    """A column with canonical values, see ``engine.dumps``."""
    return Field(default=None, sa_column=Column(Json, nullable=True))
