"""Since when an opportunity is there for a member, read backwards off its history. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hub.commons.sharing import LISTED, Circles, in_audience
from hub.store.tables import Opportunity

DECIDING = ("status", "audience", "steward_id")
"""What decides for whom it is there."""


def there(row: Opportunity, lines: Iterable[Any], member: str, circles: Circles) -> Iterator[tuple[Any, bool, bool]]:
    """Each of these rows of its audit, which come newest first, with whether it was there for this member before it and after
    it: as its steward, or listed and for it. A draft is there for nobody else, whatever its audience says."""
    state = {name: getattr(row, name) for name in DECIDING}
    for line in lines:
        values: Mapping[str, Any] = (line.values or {}) if line.moves else {}
        after = _there(state, member, circles)
        state |= {name: values[name][0] for name in DECIDING if name in values}
        yield line, _there(state, member, circles), after


def _there(state: Mapping[str, Any], member: str, circles: Circles) -> bool:
    listed = state["status"] in LISTED and in_audience(state["audience"] or "", member, circles)
    return state["steward_id"] == member or listed
