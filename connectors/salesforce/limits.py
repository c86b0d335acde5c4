"""What a field of an org can never hold, from its description: length, restricted picklists, digits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.salesforce.describe import field
from schemas.said import phrase


def unheld(item: Mapping[str, Any], value: Any) -> str | None:
    """``item``: the field's own entry in the description. Decimals beyond its scale are rounded, not refused."""
    if isinstance(value, str):
        return _text(item, value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        digits = int(item.get("precision") or 0) - int(item.get("scale") or 0)
        if digits > 0 and not -(10**digits) < value < 10**digits:
            return phrase(
                "%(name)s has %(digits)s digits before the point; %(value)s has more.",
                name=item["name"],
                digits=digits,
                value=f"{value:f}",
            )
    return None


def _text(item: Mapping[str, Any], text: str) -> str | None:
    known = field(dict(item))
    if known.choices:
        parts = text.split(";") if known.type == "multipicklist" else [text]
        unknown = [part for part in parts if part not in known.choices]
        return (
            phrase(
                "%(name)s does not offer %(unknown)s. Add it to the picklist in Salesforce.",
                name=known.name,
                unknown=repr(unknown[0]),
            )
            if unknown
            else None
        )
    if known.length and len(text) > known.length and known.type not in ("reference", "id", "picklist", "multipicklist"):
        return phrase(
            "%(name)s holds %(length)s characters; this text has %(count)s.",
            name=known.name,
            length=known.length,
            count=len(text),
        )
    return None
