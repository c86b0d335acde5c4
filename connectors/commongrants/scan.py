"""One reading of the list: what of each page is new, and whether all of it was shown.

Pages have numbers, so whatever comes or goes meanwhile shifts the rest: a row turns up on two pages or on none. Rows
may be copies that are behind, and edits need not move ``lastModifiedAt``, so what a row says counts and not its stamp.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.commongrants.api import Listing
from connectors.commongrants.position import moment
from connectors.contract import Refused
from schemas.said import phrase

LONGEST_ID = 200

Row = dict[str, Any]


@dataclass
class Pass:
    """What one way through all pages showed. ``total`` is what the last page told, ``moved`` whether pages told otherwise.
    ``disordered``: a row was newer than one before it, by more than the overlap."""

    ids: set[str] = field(default_factory=set)
    total: int | None = None
    moved: bool = False
    unreadable: int = 0
    disordered: bool = False
    lowest: datetime | None = None

    @property
    def settled(self) -> bool:
        """It showed as many rows as the publisher counts, or nobody counts."""
        return self.total is None or (not self.moved and self.total == len(self.ids) + self.unreadable)

    @property
    def exact(self) -> bool:
        """Every row that the publisher counts was shown, and has an id."""
        return self.total is not None and self.settled and not self.unreadable


class Scan:
    """``known``: id to the newest stamp seen of it before this reading. ``overlap``: how far out of order rows may be and
    the list still counts as one with the newest first."""

    def __init__(self, known: Mapping[str, datetime], overlap: timedelta) -> None:
        self.stamps: dict[str, datetime] = dict(known)
        self.behind: dict[str, Row] = {}
        self._overlap = overlap
        self._shown: dict[str, tuple[datetime | None, bytes]] = {}

    def take(self, listing: Listing, way: Pass) -> tuple[list[Row], tuple[Refused, ...]]:
        """Rows of this page that were not shown yet, or are shown otherwise, and what is no row. Copies that are older than
        what was seen before are kept in ``behind``."""
        way.moved = way.moved or (way.total is not None and listing.total != way.total)
        way.total = listing.total
        fresh: list[Row] = []
        refused: list[Refused] = []
        for at, item in enumerate(listing.items, 1):
            if not is_row(item):
                way.unreadable += 1
                place = phrase("row %(at)s of page %(number)s", at=at, number=listing.number)
                refused.append(
                    Refused(None, place, phrase("This is no opportunity of the CommonGrants protocol: it has no id."))
                )
                continue
            way.ids.add(item["id"])
            self._watch_order(moment(item.get("lastModifiedAt")), way)
            if self._is_news(item):
                fresh.append(item)
        return fresh, tuple(refused)

    def _is_news(self, row: Row) -> bool:
        id, stamp, said = row["id"], moment(row.get("lastModifiedAt")), _digest(row)
        seen = self.stamps.get(id)
        if stamp is not None and seen is not None and stamp < seen:
            if id not in self._shown:
                self.behind[id] = row
            return False
        self.behind.pop(id, None)
        if stamp is not None:
            self.stamps[id] = stamp
        if self._shown.get(id) == (stamp, said):
            return False
        self._shown[id] = (stamp, said)
        return True

    def _watch_order(self, stamp: datetime | None, way: Pass) -> None:
        if stamp is None:
            return
        if way.lowest is not None and stamp > way.lowest + self._overlap:
            way.disordered = True
        way.lowest = stamp if way.lowest is None else min(way.lowest, stamp)


def is_row(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and 0 < len(item["id"]) <= LONGEST_ID


def _digest(row: Row) -> bytes:
    """Of everything that it says; 16 bytes, for a list of 100,000 has to fit into memory."""
    said = json.dumps(row, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.blake2b(said.encode(), digest_size=16).digest()
