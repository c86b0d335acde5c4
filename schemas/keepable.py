"""Text that nothing can keep: PostgreSQL and every C string end at NUL, and half a character has no UTF-8.

All other text is kept as it is. What is not keepable is set aside where it enters, with a reason; it is
never mended, for nobody knows what it was meant to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from schemas.said import phrase

_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def unkeepable(value: Any) -> str:
    """Why this value (text, or a list or dict that holds some) cannot be kept; empty when it can."""
    if value.__class__ is str:
        if "\0" in value:
            return phrase("The text has a NUL character (U+0000), which no database can keep. Remove it there.")
        if not value.isascii() and _half(value):
            return phrase(
                "The text has half of a character (a lone surrogate). Remove it there, or type the text again."
            )
        return ""
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = (*value, *value.values())
    elif isinstance(value, list):
        inner = value
    return next(filter(None, map(unkeepable, inner)), "")


def _half(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def spelt(text: str) -> str:
    """For messages and names only: what cannot be kept as ``U+0000``, the rest as it is."""
    return _UNKEEPABLE.sub(lambda found: f"U+{ord(found[0]):04X}", text) if unkeepable(text) else text
