"""JSON as it goes out to programs: valid for every value that was let in, even where a part of what was sent is told again."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def written(value: Any) -> str:
    """Half a character, which UTF-8 cannot hold, keeps its escape; a number beyond a double's reach is told as text."""
    text = json.dumps(value, ensure_ascii=False, default=_number)
    return text if text.isascii() else _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def _number(value: Any) -> float | str:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no place in an answer.")
    near = float(value)
    return near if math.isfinite(near) else str(value)
