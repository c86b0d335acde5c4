"""Column types that SQLite and PostgreSQL keep alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import AutoString, Field, SQLModel

from schemas.said import pack, unpack


@cache
def _blank(table: type[SQLModel]) -> dict[str, Any]:
    """What stands in a column that nobody says anything of; plain values only."""
    return {name: None if field.is_required() else field.default for name, field in table.model_fields.items()}


class Row(SQLModel):
    """A row of a table that is met by the thousand, see ``plain``."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(_blank(type(self)))
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def columns(self) -> dict[str, Any]:
        """Its values by column, as they are: nothing is copied."""
        there = self.__dict__
        return {name: there[name] for name in _blank(type(self))}


Table = TypeVar("Table", bound=type[Row])


def plain(table: Table) -> Table:
    """A table whose rows are only values. Nothing of them goes through a session of SQLAlchemy's, which otherwise watches
    each being made, read and set: ten times as long as all else that is done with a row."""
    for column in vars(table)["__table__"].columns:
        type.__delattr__(table, column.key)
    type.__setattr__(table, "__init__", Row.__init__)
    return table


class Moment(TypeDecorator[datetime]):
    """A point in time. Aware (UTC) in Python, naive UTC in the database: SQLite keeps no zone."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Many rows that are written together tell of few moments."""
        to = super().bind_processor(dialect)
        return None if to is None else lru_cache(maxsize=64)(to)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """SQLite's text is read in one step: pages and pages of records come with thousands of moments."""
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its zone; the clock of the hub gives UTC.")
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept).replace(tzinfo=UTC)


class Sentence(TypeDecorator[str]):
    """What happened and what to do. English text, which may know its parts (``schemas.said.Said``)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else pack(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else unpack(value)


class Sentences(TypeDecorator[Any]):
    """Canonical values with such sentences anywhere among them."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return _each(value, pack)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return _each(value, unpack)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each(part, change) for name, part in value.items()}
    return [_each(part, change) for part in value] if isinstance(value, list | tuple) else value


class Line(Sentence):
    """The same in a column that was made for a line of text."""

    impl = AutoString  # type: ignore[assignment]
    cache_ok = True


Json: Any = JSON(none_as_null=True)


def moment(index: bool = False, nullable: bool = True) -> Any:
    """A column with a point in time."""
    return Field(default=None, sa_column=Column(Moment, nullable=nullable, index=index))


def sentence(nullable: bool = True) -> Any:
    """A column with a sentence for people."""
    return Field(default=None, sa_column=Column(Sentence, nullable=nullable))


def sentences() -> Any:
    """A column with canonical values, some of them sentences for people."""
    return Field(default=None, sa_column=Column(Sentences(none_as_null=True), nullable=True))


def line(nullable: bool = True, default: str | None = None) -> Any:
    """The same where the column is one for a line."""
    return Field(default=default, sa_column=Column(Line, nullable=nullable))


class Origins(TypeDecorator[dict[str, Any]]):
    """``{path: origin}``, kept as ``[[origin, [path, …]], …]``: most values of a record come from one place at one moment. What
    was kept by path in earlier versions is read as it is."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        alike: dict[int, tuple[Any, list[str]]] = {id(origin): (origin, []) for origin in value.values()}
        if len(alike) == 1:
            return [(origin, list(value)) for origin, _none in alike.values()]
        for path, origin in value.items():
            alike[id(origin)][1].append(path)
        return list(alike.values())

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        return (
            value if value is None or isinstance(value, dict) else {path: one for one, paths in value for path in paths}
        )


def origins() -> Any:
    """A column that says for each path where its value came from."""
    return Field(default=None, sa_column=Column(Origins(none_as_null=True), nullable=True))


def json_column() -> Any:
    """A column with canonical values, see ``engine.dumps``."""
    return Field(default=None, sa_column=Column(Json, nullable=True))
