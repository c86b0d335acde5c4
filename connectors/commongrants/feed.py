"""What changed: the list from its newest row back to what was seen, and everything from time to time.

The protocol has no filter for changes, tells of no deletion, and its list is ordered by stamps that edits need not move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.commongrants.api import Api
from connectors.commongrants.position import Position, moment
from connectors.commongrants.scan import Pass, Row, Scan
from connectors.contract import CursorExpired, Gone, Page, Record, Unseen
from connectors.window import Window
from schemas.said import phrase

QUIET = 2
"""Pages in a row that show nothing new, after which a list that is in order is not read on."""

SOON = timedelta(hours=1)
"""After a list that moved while it was read, or was counted otherwise than shown, everything is read again after this."""

LOOKED_UP = 20
"""Rows that are behind what was seen before and are asked for by id, in one reading."""

Get = Callable[[Sequence[str]], dict[str, Record | Gone | Unseen]]


@dataclass
class Feed:
    """``before`` is the last position that this connection was at, where it is known: what is older than that is known
    as an old copy, also when everything is read."""

    api: Api
    size: int
    overlap: timedelta
    everything_after: timedelta
    record: Callable[[Row], Record]
    get: Get
    before: Position | None = None

    def since(self, position: Position) -> Iterator[Page]:
        """What changed since then. ``CursorExpired`` when it is time to read everything: an edit that does not move its
        stamp is nowhere in here."""
        now = self._now()
        self.before = position
        if not now < position.again <= now + self.everything_after:
            raise CursorExpired(
                phrase("Stamps of changes cannot be trusted for longer than this; everything is read anew.")
            )
        window, scan, way = Window(position.since, self.overlap), self._scan(), Pass()
        quiet = 0
        for listing in self.api.pages(self.size):
            fresh, refused = scan.take(listing, way)
            yield Page(self._records(fresh), refused=refused)
            stamps = [_stamp(item) for item in listing.items]
            quiet = quiet + 1 if all(stamp is not None and stamp < position.since for stamp in stamps) else 0
            if quiet >= QUIET and position.ordered and not way.disordered:
                break
        found, _ = self._caught_up(scan)
        ordered = position.ordered and not way.disordered
        yield Page(found, cursor=self._position(window, scan, position.again, ordered))

    def everything(self) -> Iterator[Page]:
        """Every call. Where rows are lacking by the publisher's own count the list is gone through once more: pages shift
        while they are read."""
        window, scan = Window(None, self.overlap), self._scan()
        ways: list[Pass] = []
        while not ways or (len(ways) < 2 and not ways[-1].settled):
            ways.append(way := Pass())
            for listing in self.api.pages(self.size):
                fresh, refused = scan.take(listing, way)
                yield Page(self._records(fresh), refused=refused)
        # Twice the same, and not what is counted: then it is the publisher's count that is wrong.
        settled = way.settled or ways[0].ids == way.ids
        found, all_found = self._caught_up(scan)
        again = self._now() + (self.everything_after if settled else min(SOON, self.everything_after))
        ordered = not any(each.disordered for each in ways)
        yield Page(found, cursor=self._position(window, scan, again, ordered), complete=way.exact and all_found)

    def _scan(self) -> Scan:
        return Scan(self.before.stamps if self.before else {}, self.overlap)

    def _records(self, rows: Sequence[Row]) -> tuple[Record, ...]:
        return tuple(self.record(row) for row in rows)

    def _caught_up(self, scan: Scan) -> tuple[tuple[Record, ...], bool]:
        """Rows of which the list shows an old copy, as they are by id; and whether none is lacking. Where both are behind,
        what was read before stands."""
        ids = list(scan.behind)[:LOOKED_UP]
        found = self.get(ids) if ids else {}
        fresh = []
        for id, answer in found.items():
            stamp = moment(answer.version) if isinstance(answer, Record) else None
            if isinstance(answer, Record) and (stamp is None or stamp >= scan.stamps[id]):
                fresh.append(answer)
        return tuple(fresh), len(fresh) == len(scan.behind)

    def _position(self, window: Window, scan: Scan, again: datetime, ordered: bool) -> str:
        """A stamp in the future must not hide what comes before it, so the newest that counts is now."""
        now = self._now()
        for stamp in scan.stamps.values():
            window.saw(min(stamp, now))
        since = window.next(last=True)
        assert since is not None
        return Position(since, again, ordered, scan.stamps).cursor()

    def _now(self) -> datetime:
        return self.api.transport.time.now()


def _stamp(item: Any) -> datetime | None:
    return moment(item.get("lastModifiedAt")) if isinstance(item, dict) else None
