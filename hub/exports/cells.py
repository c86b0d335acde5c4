"""An opportunity as one row of a table: each field a column, each value as text that a spreadsheet program shows and never runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.spreadsheet.formula import marked
from schemas.fields import FIELDS, spec

IDENTIFIERS = "organization.identifiers."
LONGEST = 32_767
"""Characters in a cell of a workbook (Microsoft, "Excel specifications and limits")."""
_LEFT_OUT = ("totals.table", "still_needed.question", "still_needed.yes")
COLUMNS: tuple[str, ...] = tuple(
    path
    for path, field in FIELDS.items()
    if field.authority in ("steward", "hub")
    and field.cls != "never"
    and not path.endswith("*")
    and not path.startswith(("candidate.", "represented."))
    and path not in _LEFT_OUT
)
HEADINGS = (*COLUMNS, "organization.identifiers")


def kept(view: Mapping[str, Any]) -> set[str]:
    """The paths of this view that a row holds."""
    return {*COLUMNS, *(path for path in view if path.startswith(IDENTIFIERS))}


def row(view: Mapping[str, Any], kind: str) -> list[str]:
    """In the order of ``HEADINGS``."""
    view = {**view, "kind": kind}
    numbers = [f"{p.removeprefix(IDENTIFIERS)} {v}" for p, v in sorted(view.items()) if p.startswith(IDENTIFIERS) and v]
    return [marked(text(path, view.get(path))) for path in COLUMNS] + [marked("; ".join(numbers))]


def text(path: str, value: Any) -> str:
    """The same whatever the reader's language: codes, plain numbers, ISO dates."""
    if value in (None, "", [], {}):
        return ""
    match spec(path).type:
        case "money":
            return f"{value['amount']} {value['currency']}"
        case "moneys":
            return "; ".join(f"{each['amount']} {each['currency']}" for each in value)
        case "when":
            return str(value.get("text") or value.get("date"))
        case "codes":
            return "; ".join(map(str, value))
        case "places":
            return "; ".join(", ".join(place.values()) for place in value)
        case "documents":
            return "; ".join(" ".join(filter(None, (each.get("title"), each.get("url")))) for each in value)
        case "bool":
            return "yes" if value else "no"
        case _:
            return str(value)
