"""What a system shows of a write: as sent, in a form of its own, or something else, which somebody typed right after."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from numbers import Number
from typing import Any

from hub.sync.reconcile import BLANK
from mappings.language import Mapping

Raw = dict[str, Any]


def equal(back: Any, sent: Any) -> bool:
    """Read back as sent; of a reference only the target counts."""
    if isinstance(back, dict) and isinstance(sent, dict) and "id" in sent:
        return bool(back.get("id") == sent["id"])
    return bool(back == sent)


def typed_since(mapping: Mapping, back: Raw, sent: Raw) -> set[str]:
    """Columns that show neither what was sent nor a form of it, of fields that are read at all."""
    read = {column for part in mapping.fields if part.reads for column in part.columns}
    return {c for c, v in sent.items() if c in back and c in read and not form_of(back[c], v)}


def form_of(back: Any, sent: Any) -> bool:
    """Whether the system can have made ``back`` out of ``sent``: trimmed, cut, in another case or markup, with time of
    day, rounded to a whole, without the items that it does not know, or not kept at all."""
    if back in BLANK or equal(back, sent):
        return True
    if sent in BLANK or isinstance(back, bool) or isinstance(sent, bool):
        return False
    if isinstance(back, list) and isinstance(sent, list):
        return {_letters(str(item)) for item in back} <= {_letters(str(item)) for item in sent}
    if isinstance(back, dict) or isinstance(sent, dict):
        return not (isinstance(sent, dict) and "id" in sent)
    if isinstance(back, Number) and isinstance(sent, Number):
        return abs(float(back) - float(sent)) < 1  # type: ignore[arg-type]
    shown, meant = _letters(str(back)), _letters(str(sent))
    midnight = shown.startswith(meant) and set(shown[len(meant) :]) <= set("t0z")
    return bool(shown) and bool(meant) and (shown in meant or midnight)


def _letters(text: str) -> str:
    """Letters and digits only, without markup, accents and case."""
    plain = unicodedata.normalize("NFKD", unescape(re.sub(r"<[^>]*>", "", text)))
    return re.sub(r"[\W_]+", "", plain).casefold()
