"""What a field of an org can never hold, from its description: length, restricted picklists, digits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.salesforce.describe import field


def unheld(item: Mapping[str, Any], value: Any) -> str | None:
    """``item``: the field's own entry in the description. Decimals beyond its scale are rounded, not refused."""
    if isinstance(value, str):
        return _text(item, value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        digits = int(item.get("precision") or 0) - int(item.get("scale") or 0)
        if digits > 0 and not -(10**digits) < value < 10**digits:
            return f"{item['name']} has {digits} digits before the point; {value:f} has more."
    return None


def _text(item: Mapping[str, Any], text: str) -> str | None:
    known = field(dict(item))
    if known.choices:
        parts = text.split(";") if known.type == "multipicklist" else [text]
        unknown = [part for part in parts if part not in known.choices]
        return f"{known.name} does not offer {unknown[0]!r}. Add it to the picklist in Salesforce." if unknown else None
    if known.length and len(text) > known.length and known.type not in ("reference", "id", "picklist", "multipicklist"):
        return f"{known.name} holds {known.length} characters; this text has {len(text)}."
    return None
