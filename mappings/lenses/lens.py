"""A lens: how one commons value sits in the columns of a record, seen both ways.

Laws, checked by Hypothesis for every lens and every shipped file: putting back what was read changes nothing;
what was put is read back, but for what ``loses`` declares, and then stays the same; the last put wins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from schemas.said import phrase

Raw = dict[str, Any]
Value = Any

BLANK: tuple[Any, ...] = (None, "", [])
"""What a system shows for nothing. All of it reads as ``None``, and ``None`` is written as ``None``."""


@dataclass(frozen=True, slots=True)
class Lens:
    """``get`` reads a whole raw record; ValueError for what it cannot translate. ``put`` gives the columns that
    make the record say ``value``, starting from what is there; ValueError for what they cannot hold.

    For speed alone: ``as_it_is`` where text is its own value, and ``cell``, which gives what ``put`` would give for a
    value that is not blank, where that takes one column and what is in it."""

    columns: tuple[str, ...]
    get: Callable[[Raw], Value]
    put: Callable[[Value, Raw], Raw]
    loses: str = ""
    cell: Callable[[Value, Any], Any] | None = None
    as_it_is: bool = False


def as_it_is(value: Value, there: Any) -> Any:
    """The ``cell`` of a column that takes a value as it is."""
    return value


def remembered(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``read``, which takes each text apart once: there are few of them in a column. What it gives is shared, so it
    must be something that cannot be changed."""
    of_text = lru_cache(maxsize=1024)(read)
    return lambda value: of_text(value) if value.__class__ is str else read(value)


def one_column(column: str, read: Callable[[Any], Value], write: Callable[[Value, Any], Any], loses: str = "") -> Lens:
    """A lens over one column, from functions of its value. Blank never reaches either of them."""

    def get(raw: Raw) -> Value:
        value = raw.get(column)
        if value is None or value == "" or value == []:
            return None
        return read(value)

    def put(value: Value, raw: Raw) -> Raw:
        if value is None or value == "" or value == []:
            return {column: None}
        return {column: write(value, raw.get(column))}

    return Lens((column,), get, put, loses, write)


def kind_of(value: Any) -> str:
    """A raw value's kind in words, for messages."""
    names = {
        bool: phrase("a yes/no"),
        float: phrase("an inexact number"),
        str: phrase("text"),
        list: phrase("a list"),
        dict: phrase("a record"),
    }
    return names.get(type(value), phrase("a number"))
