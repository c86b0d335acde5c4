"""``POST /common-grants/opportunities/search``: text, status, sort. Other filters are answered as not understood, as the
protocol wants it: still 200, with a word in ``filterInfo.errors``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.commongrants.sandbox_state import Call

SORTS = ("lastModifiedAt", "createdAt", "title", "status.value")


def search(calls: Sequence[Call], said: Mapping[str, Any]) -> tuple[list[Call], dict[str, Any], dict[str, Any]]:
    """The calls found, ``sortInfo`` and ``filterInfo``."""
    words = str(said.get("search") or "").casefold()
    found = [call for call in calls if words in f"{call['title']} {call['description']}".casefold()]
    filters = said.get("filters") or {}
    errors = [f"{name}: this filter is not known here" for name in filters if name != "status"]
    if isinstance(filters.get("status"), dict):
        wish = filters["status"]
        inside = wish.get("operator", "in") == "in"
        found = [call for call in found if (call["status"]["value"] in (wish.get("value") or ())) == inside]
    sorting = said.get("sorting") or {}
    by, order = sorting.get("sortBy", "lastModifiedAt"), sorting.get("sortOrder", "desc")
    info: dict[str, Any] = {"sortBy": by, "sortOrder": order}
    if by in SORTS:
        found.sort(key=lambda call: str(_at(call, by)), reverse=order == "desc")
    else:
        info["errors"] = [f"{by}: not known here"]
    return found, info, {"filters": filters} | ({"errors": errors} if errors else {})


def _at(call: Call, path: str) -> Any:
    value: Any = call
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
