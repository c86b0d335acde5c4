"""What every lens is: a value of the commons on one side, columns of a system on the other.

Laws, checked for every lens by Hypothesis: writing back what was read changes nothing (GetPut, kept by
``language``, which never writes a value that reads the same); reading what was written gives the value
(PutGet) unless the lens declares a loss; writing twice is writing once (PutPut).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Raw = Mapping[str, Any]
Value = Any


class Unreadable(ValueError):
    """The column holds something that the mapping has no word for. The field waits; the record goes on."""


class Unholdable(ValueError):
    """The column cannot hold this value. It is left as it is, and shown so."""


class Lens(Protocol):
    """``columns`` are what it reads; ``lossy`` says in words what does not survive, or is empty."""

    columns: tuple[str, ...]
    lossy: str

    def read(self, raw: Raw) -> Value: ...

    def write(self, value: Value, original: Raw | None) -> dict[str, Any]: ...


def blank(value: Any) -> bool:
    """A system's empty cell, in any of its spellings."""
    return value is None or value == "" or value == []
