"""Lists by page number, with the ways in which real ones are not what they seem."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.commongrants.sandbox_state import Call, Publisher, WireError

__all__ = ["Lists", "WireError", "page_of"]

PAGE = 100


class Lists:
    """``most`` items a page, however many are asked for. ``counts`` is false for a publisher that does not tell how many
    there are, ``off`` is added to what it tells. ``order`` is the key that lists are sorted by, newest first; without one
    they are in the order in which calls were added. ``repeats``: every page begins with the last row of the page before.
    ``behind``: ids of calls that lists show as they were before their last change."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._old: list[Call] = []
        self._until = 0.0
        self.most: int | None = None
        self.counts, self.off = True, 0
        self.order = "lastModifiedAt"
        self.repeats = False
        self.behind: set[str] = set()

    def lag(self, seconds: float) -> None:
        self._old = copy.deepcopy(list(self._publisher.calls.values()))
        self._until = self._publisher.time.monotonic() + seconds

    def newest_first(self) -> list[Call]:
        there = self._publisher
        calls = list(self._old if there.time.monotonic() < self._until else there.calls.values())[::-1]
        calls = [there.before.get(call["id"], call) if call["id"] in self.behind else call for call in calls]
        order = self.order
        return sorted(calls, key=lambda call: str(call[order]), reverse=True) if order else calls[::-1]

    def page(self, calls: Sequence[Call], number: int, size: int) -> tuple[list[Call], dict[str, int]]:
        """Items of this page and ``paginationInfo``."""
        size = min(size, self.most or size)
        start = (number - 1) * size
        info = {"page": number, "pageSize": size}
        if self.counts:
            info |= {"totalItems": len(calls) + self.off, "totalPages": -(-(len(calls) + self.off) // size)}
        return list(calls[max(0, start - 1) if self.repeats else start : start + size]), info


def page_of(asked: Mapping[str, Any]) -> tuple[int, int]:
    """``page`` and ``pageSize``; 400 where one is no number from 1 on."""
    found = []
    for name, default in (("page", 1), ("pageSize", PAGE)):
        try:
            number = int(asked.get(name, default))
        except (TypeError, ValueError):
            number = 0
        if not 1 <= number < 2**31:
            raise WireError(400, "Invalid request", errors=[f"{name}: a whole number from 1 on"])
        found.append(number)
    return found[0], found[1]
