"""What reading a record gives, and what writing one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from mappings.lenses.lens import Raw, Value


@dataclass(frozen=True, slots=True)
class Problem:
    """A raw value that cannot be translated. Its field is set aside, not its record."""

    path: str
    column: str
    value: Any
    message: str


class Reading(NamedTuple):
    """``values`` by path, ``None`` for blank, also of the fields that are only written (a system's view of them).
    A path with a problem is not among them."""

    values: dict[str, Value]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferenceWish:
    """The record of another object that a column should point at: found by the first of ``match`` (column, value)
    that one record has, else made of ``fields``, if a person says so."""

    object: str
    match: tuple[tuple[str, Any], ...]
    fields: Raw


class Writing(NamedTuple):
    """``columns`` whose value differs from the original; ``unholdable``: path to the reason why a column was left
    as it is; ``references`` only when creating."""

    columns: Raw
    unholdable: dict[str, str]
    references: dict[str, ReferenceWish]
