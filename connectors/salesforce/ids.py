"""Salesforce record ids: 15 characters that heed case, or 18 that do not.

The three characters added to the long form say, in groups of five, which of the
first 15 are upper case, so both forms name the same record (Salesforce Help,
"How to convert a 15-character Id to an 18-character Id").
"""

from __future__ import annotations

import re

_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5a-z]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def suffix(short: str) -> str:
    """The three check characters of a 15-character id."""
    return "".join(
        _SUFFIX[sum(1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")]
        for start in (0, 5, 10)
    )


def long_id(text: str) -> str | None:
    """The 18-character form of an id of either length, ``None`` when the text cannot be an id."""
    if not _SHAPE.fullmatch(text):
        return None
    full = text[:15] + suffix(text[:15])
    return full if len(text) == 15 or text[15:].upper() == full[15:] else None
