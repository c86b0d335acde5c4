"""What a compiled mapping knows of one field, and of a reference to another object."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.entry import Entry
from mappings.lenses.lens import Lens


@dataclass(frozen=True, slots=True)
class FieldMap:
    """``reads``: its value is taken from records; ``writes``: put into records; ``seeds``: put into new ones."""

    path: str
    columns: tuple[str, ...]
    reads: bool
    writes: bool
    seeds: bool
    lens: Lens
    entry: Entry


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that points at a record of ``object``; ``parts``: commons path to its lens over the target."""

    column: str
    object: str
    match: tuple[str, ...]
    parts: tuple[tuple[str, Lens], ...]
    columns: tuple[str, ...]
