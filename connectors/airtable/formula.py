"""The three formulas that are sent, and how text gets into them unharmed.

Sources: Airtable's formula reference (text in single quotes, backslash before a quote); how a
backslash itself is read is nowhere stated, so callers compare what comes back once more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

RECORD_ID = re.compile(r"rec[A-Za-z0-9]{14}")
_ESCAPES = {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def text(value: str) -> str:
    """A text literal."""
    return "'" + "".join(_ESCAPES.get(character, character) for character in value) + "'"


def column(name: str) -> str:
    """A reference to a field by its name."""
    return "{" + name.replace("}", r"\}") + "}"


def equal(values: Mapping[str, str]) -> str:
    """All of these columns have these values."""
    parts = [f"{column(name)}={text(value)}" for name, value in values.items()]
    return parts[0] if len(parts) == 1 else f"AND({','.join(parts)})"


def one_of(ids: Sequence[str]) -> str:
    """Any of these records; the ids must look like ids."""
    if not all(RECORD_ID.fullmatch(id) for id in ids):
        raise ValueError("not a record id")
    parts = [f"RECORD_ID()='{id}'" for id in ids]
    return parts[0] if len(parts) == 1 else f"OR({','.join(parts)})"
