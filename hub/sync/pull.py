"""Read what changed in a member's system into the commons, a page a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connectors.contract import CursorExpired, Gone, Page, Record, Refused, Unseen
from hub import crash
from hub.store import audit, connections, dues, links, runs, waiting
from hub.store import deletions as store
from hub.store.tables import Link
from hub.sync import absence, deletions, drift, quarantine
from hub.sync import known as what_is_known
from hub.sync.apply import apply_record, tell_all
from hub.sync.arrive import Arrival, arrive, store_all
from hub.sync.known import Known, key_in, unchanged
from hub.sync.matching import Match, Unlinked, match
from hub.sync.turn import Turn
from hub.sync.usable import usable
from schemas.said import phrase

Raw = dict[str, Any]

SECOND = phrase(
    "It carries the key of an opportunity that already has a record here. Clear the key of the copy, or delete one."
)
STRANGER = phrase("It carries a key that belongs to no opportunity of yours. Clear its key column to share it as new.")

REREAD = timedelta(days=7)
"""What a feed of changes left out (a list that came back empty, a row nobody indexed) is found after so long at the latest."""


def pull(turn: Turn) -> None:
    """Apply every page of the change feed. Raises ``ConnectorError`` where the system stops answering;
    the pages before are kept, and the cursor has not passed what was not read."""
    row, left = turn.begun, turn.left
    assert row is not None and left is not None
    drift.check(turn, row)
    followed = row.cursor is not None and _changes(turn, row.cursor)
    # Changes alone would never show what a changed mapping has just begun to read.
    anew = row.mapping_digest != turn.mapping.digest or row.reread_at is None or row.reread_at <= turn.now()
    # What belonged to nothing when it was read may belong to something that another connection has brought since.
    anew = anew or (not row.approved and turn.restored)
    complete = _everything(turn, keeps_place=followed) if anew or not followed else False
    if left.aside:
        for page in quarantine.look_again(turn):
            apply_page(turn, page)
    if turn.stirred or left.gone:
        back = deletions.look_at_doubtful(turn)
        if back:
            apply_page(turn, Page(tuple(back)))
    soon = complete and absence.look(turn)
    if anew or soon:
        again = turn.now() if soon else turn.now() + REREAD
        with turn.writing() as conn:
            connections.change(conn, turn.name, mapping_digest=turn.mapping.digest, reread_at=again)


def _changes(turn: Turn, cursor: str) -> bool:
    """What happened since the last reading; False where the system does not know that position any more."""
    try:
        _scan(turn, turn.connector.changes(cursor))
    except CursorExpired:
        turn.report("rescan", connection=turn.name)
        return False
    return True


def _everything(turn: Turn, *, keeps_place: bool) -> bool:
    """Whether a whole scan is known to have shown every record. It tells of no deletion, so a known position stays."""
    pages = turn.connector.changes(None)
    return _scan(turn, (replace(page, cursor=None) for page in pages) if keeps_place else pages)


def _scan(turn: Turn, pages: Iterable[Page]) -> bool:
    """Store a page after the other; what the last one said of being complete."""
    complete = False
    for number, page in enumerate(pages, 1):
        crash.point("pull.read")
        turn.page = number
        _store(turn, _as_they_are(turn, _look_at(turn, page)))
        turn.report("page", connection=turn.name, page=number, read=turn.counts["read"])
        crash.point("pull.stored")
        complete = page.complete
        turn.may_stop()
    return complete


@dataclass(frozen=True, slots=True)
class Looked:
    """A page with its records' mapped columns by id (``raws``), and what is known of those that stand as last read back
    (``still``), which need no further look."""

    page: Page
    raws: dict[str, Raw]
    still: dict[str, Row[Any]]

    @property
    def others(self) -> dict[str, Raw]:
        return {id: raw for id, raw in self.raws.items() if id not in self.still}


def _look_at(turn: Turn, page: Page) -> Looked:
    page = usable(page)
    raws = {record.id: turn.mapping.reduce(record.fields) for record in page.records}
    if not raws:
        return Looked(page, raws, {})
    with turn.hub.reading() as conn:
        return Looked(page, raws, links.as_they_stand(conn, turn.name, turn.mapping.digest, raws))


def _as_they_are(turn: Turn, looked: Looked) -> Looked:
    """Where lists lag, what looks like a change may be an old copy, and anywhere a page that comes late may show a
    record that is gone and whose opportunity waits for a new one: such records are asked for by id."""
    page, raws = looked.page, looked.others
    keyed = [id for id, raw in raws.items() if key_in(turn, raw)]
    if not raws or not (turn.can.find_lag or keyed):
        return looked
    with turn.hub.reading() as conn:
        unlinked = links.unknown(conn, turn.name, keyed)
        doubtful = store.told(conn, turn.name, unlinked) if unlinked else set()
        there = links.standing(conn, turn.name, list(raws)) if turn.can.find_lag else {}
    doubtful |= {id for id, link in there.items() if link.state == "linked" and link.base != raws[id]}
    if not doubtful:
        return looked
    now = turn.connector.get(sorted(doubtful))
    if any(isinstance(answer, Unseen) and id in there and not there[id].missed_scans for id, answer in now.items()):
        # Shown in the list and not to be had: whatever it is, the feed will not show this change a second time.
        with turn.writing() as conn:
            connections.change(conn, turn.name, reread_at=turn.now())
    shown = [now.get(record.id, record) for record in page.records]
    gone = (*page.gone, *(answer for answer in now.values() if isinstance(answer, Gone)))
    records = tuple(record for record in shown if isinstance(record, Record))
    return _look_at(turn, replace(page, records=records, gone=gone))


def apply_page(turn: Turn, page: Page) -> None:
    """Store one page: records, tombstones, refused rows, and the cursor that covers them."""
    _store(turn, _look_at(turn, page))


def _store(turn: Turn, looked: Looked) -> None:
    page, raws = looked.page, looked.raws
    if not (page.records or page.refused or page.gone):
        _only_a_place(turn, page)
        return
    if len(looked.still) < len(raws):
        drift.watch(turn, page, looked.others)
    with turn.writing() as conn:
        known = what_is_known.load(conn, turn, raws, looked.still)
        arrivals: dict[str, Arrival] = {}
        for record in page.records:
            if record.id in arrivals:  # shown twice
                store_all(conn, turn, arrivals)
            raw = raws[record.id]
            link = known.links.get(record.id)
            still = known.still.get(record.id) or (link if link is not None and unchanged(turn, link, raw) else None)
            if still is not None:
                if still.remote_version != record.version:
                    # Somebody saved columns that are not ours: a write guarded by the old version would be refused for ever.
                    links.change(conn, still.id, remote_version=record.version)
                turn.counts["unchanged"] += 1
                if record.id in known.quarantined:
                    waiting.release(conn, turn.name, record.id)
                    dues.add(conn, [turn.name], still.opportunity_id, turn.now())  # what was held back goes out
            elif link is None:
                _unlinked(conn, turn, known, record, raw, arrivals)
            elif link.state == "stopped":
                turn.counts["not_shared"] += 1  # it rests; whether the record really is there is looked at later
            else:
                apply_record(conn, turn, known, link, record, raw)
        store_all(conn, turn, arrivals)
        tell_all(conn, turn, known)
        for row in page.refused:
            _refused(conn, turn, row)
        there = links.by_remote(conn, turn.name, [row.id for row in page.refused if row.id])
        now_seen = (turn.scan, turn.page, 0)
        told: tuple[Any, ...] = (*known.still.values(), *known.links.values(), *there.values())
        shown = [link.id for link in told if (link.seen_scan, link.seen_page, link.missed_scans) != now_seen]
        links.seen(conn, shown, turn.scan, turn.page)
        deletions.note(conn, turn, [gone.id for gone in page.gone])
        turn.counts["read"] += len(page.records) + len(page.refused)
        crash.point("pull.page.decided")
        if page.cursor is not None:
            connections.change(conn, turn.name, cursor=page.cursor)
        runs.progress(conn, turn, "pull")
        crash.point("pull.cursor.moved")
    turn.cursor = page.cursor or turn.cursor


def _only_a_place(turn: Turn, page: Page) -> None:
    """A page without records: at most another position, or that this run is still at work, is worth a transaction."""
    if page.cursor not in (None, turn.cursor) or not turn.lease_is_fresh():
        with turn.noting() as conn:
            if page.cursor is not None:
                connections.change(conn, turn.name, cursor=page.cursor)
        turn.cursor = page.cursor or turn.cursor


def _unlinked(
    conn: Connection, turn: Turn, known: Known, record: Record, raw: Raw, arrivals: dict[str, Arrival]
) -> None:
    key = key_in(turn, raw)
    opportunity = known.by_key.get(key)
    link = known.by_opportunity.get(opportunity.id) if opportunity else None
    found = match(
        Unlinked(key, turn.mapping.audience(raw), turn.config.shares),
        opportunity,
        link,
        turn.member,
        turn.hub.config.circles,
    )
    if found in (Match.DROP, Match.FOLLOWED_NO_MORE):
        if record.id in known.quarantined:
            waiting.release(conn, turn.name, record.id)
        turn.counts["not_shared"] += 1
    elif found in (Match.NEW, Match.RECREATE):
        arrival = arrive(conn, turn, known, record, raw, id=key if found is Match.RECREATE else None)
        if arrival is not None:
            arrivals[record.id] = arrival
    elif found in (Match.STRANGER, Match.SECOND):
        quarantine.set_aside(conn, turn, record.id, "", SECOND if found is Match.SECOND else STRANGER, raw, None)
        turn.counts["quarantined"] += 1
    elif opportunity is not None:
        if found is Match.REPLACES and link is not None:
            deletions.replaced(conn, link)
        joined = adopt(conn, turn, link, opportunity.id, record)
        known.links[record.id] = known.by_opportunity[opportunity.id] = joined
        apply_record(conn, turn, known, joined, record, raw)


def adopt(
    conn: Connection, turn: Turn, link: Link | None, opportunity_id: str, record: Record, base: Raw | None = None
) -> Link:
    """This record is that opportunity's: give the waiting link its record, or make one."""
    now = turn.now()
    if link is None:
        link = Link(
            id=turn.hub.ids.uuid7(),
            connection_id=turn.name,
            opportunity_id=opportunity_id,
            remote_id=record.id,
            follow=turn.config.follow,
            created_at=now,
        )
        links.add(conn, link)
    link.remote_id, link.state, link.base = record.id, "linked", base
    links.change(conn, link.id, remote_id=record.id, state="linked", base=base, url=record.url)
    audit.write(
        conn, at=now, run_id=turn.run_id, actor="hub", action="linked", direction="here", member_id=turn.member,
        opportunity_id=opportunity_id, connection_id=turn.name, remote_id=record.id,
    )  # fmt: skip
    return link


def _refused(conn: Connection, turn: Turn, row: Refused) -> None:
    fields = {c: v for c, v in row.fields.items() if c in turn.mapping.columns}
    quarantine.set_aside(conn, turn, row.id or row.place, "", row.reason, fields, None, place=row.place)
    turn.counts["quarantined"] += 1
