"""The change feed of an object: its list ordered by ``SystemModstamp``, its log of deletions, and the list of its part.

A poll without changes costs one call for each of these. The cursor moves with the last page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from connectors.contract import CursorExpired, Gone, Page, Raw, Record, Refused, Unseen
from connectors.salesforce import deletions
from connectors.salesforce.feed import OVERLAP, QUIET, Position, literal, position, stamped
from connectors.salesforce.ids import long_id
from connectors.salesforce.reading import Listing
from connectors.salesforce.records import row_id
from connectors.salesforce.rows import Composed, Rows
from connectors.window import Window
from schemas.said import phrase


def changes(rows: Rows, since: str | None) -> Iterator[Page]:
    """Oldest change first. ``CursorExpired`` for a position that cannot be gone on from."""
    now = rows.session.transport.time.now()
    if since is None:
        yield from _everything(rows, now)
        return
    before = position(since, now)
    if rows.part is not None and before.part is None:
        raise CursorExpired(phrase("This position knows nothing of %(object)s yet.", object=rows.part.object))
    yield from _since(rows, before, now)


def _everything(rows: Rows, now: datetime) -> Iterator[Page]:
    deleted = rows.session.now() - OVERLAP
    own, of_part = Window(None, OVERLAP), Window(None, OVERLAP)
    part_rows = rows.part_rows("")
    _saw(of_part, part_rows)
    for listed in rows.pages(rows.of_type(), ORDER):
        _saw(own, listed.rows)
        found = rows.composed(_live(listed.rows), part_rows)
        start = own.next(listed.last)
        cursor = str(Position(start, now, deleted, _part(rows, of_part))) if start else None
        yield Page(found.records, _gone(listed.rows), found.refused, cursor, complete=listed.last)


def _since(rows: Rows, before: Position, now: datetime) -> Iterator[Page]:
    log = deletions.told(rows.session, rows.wanted.object, before.deleted or before.at)
    own, of_part = Window(before.at, OVERLAP), Window(before.part, OVERLAP)
    if log.by_org:
        own.saw(log.until - QUIET + OVERLAP)
        of_part.saw(log.until - QUIET + OVERLAP)
    part_rows = rows.part_rows(of_part.condition(STAMP, literal(before.part))) if rows.part and before.part else []
    _saw(of_part, part_rows)
    where = " AND ".join(filter(None, (own.condition(STAMP, literal(before.at)), rows.of_type())))
    pages = rows.pages(where, ORDER)
    first = next(pages)
    seen = _digest(first.rows, part_rows) if rows.part and first.last else ""
    shown: set[str] = set()
    for listed in chain([first], pages):
        _saw(own, listed.rows)
        shown |= {row_id(row) for row in listed.rows}
        start = own.next(listed.last)
        cursor = str(Position(start, now, log.until, _part(rows, of_part), seen)) if start else None
        if seen and seen == before.seen and not log.ids - shown:
            yield Page(cursor=cursor)
            return
        yield _page(rows, listed, cursor, (log.ids - shown, _touched(rows, part_rows) - shown) if listed.last else None)


def _page(rows: Rows, listed: Listing, cursor: str | None, rest: tuple[frozenset[str], frozenset[str]] | None) -> Page:
    """``rest``, on the last page: ids that were told as deleted, and that have another part, and that no page showed."""
    live = _live(listed.rows)
    found = rows.composed(live, rows.parts_of(row_id(row) for row in live))
    gone = list(_gone(listed.rows))
    if rest is not None:
        deleted, touched = rest
        standing = rows.standing(sorted(deleted | touched))
        records = (each for each in standing.values() if isinstance(each, Record))
        refused = (each for each in standing.values() if isinstance(each, Refused))
        found = Composed((*found.records, *records), (*found.refused, *refused))
        # The log said so and nothing shows the record: its word is the proof, also when the recycle bin is empty.
        away = {
            id
            for id, each in standing.items()
            if isinstance(each, Gone) or (id in deleted and isinstance(each, Unseen))
        }
        gone += [Gone(id) for id in sorted(away)]
    return Page(found.records, tuple(gone), found.refused, cursor)


STAMP = "SystemModstamp"
ORDER = f"ORDER BY {STAMP}, Id"


def _saw(window: Window, rows: Sequence[Raw]) -> None:
    for row in rows:
        row_id(row)  # refuses a row without a stamp
        window.saw(stamped(str(row.get(STAMP))))


def _part(rows: Rows, window: Window) -> datetime | None:
    return window.next(True) if rows.part else None


def _touched(rows: Rows, part_rows: Sequence[Raw]) -> frozenset[str]:
    """The records whose part changed."""
    link = rows.part.link if rows.part else ""
    return frozenset(id for row in part_rows for id in [long_id(str(row.get(link)))] if id)


def _live(rows: Sequence[Raw]) -> list[Raw]:
    return [row for row in rows if row.get("IsDeleted") is not True]


def _gone(rows: Sequence[Raw]) -> tuple[Gone, ...]:
    return tuple(Gone(row_id(row)) for row in rows if row.get("IsDeleted") is True)


def _digest(*lists: Sequence[Raw]) -> str:
    """Of whole rows: two changes within the same second have the same stamp."""
    text = json.dumps(lists, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
