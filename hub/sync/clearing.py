"""When rows leave an inbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Gone, Page, Record
from hub.store import audit, candidates, links
from hub.sync.pull import apply_page
from hub.sync.turn import Turn

KEPT = timedelta(days=30)
"""How long a row stands that nobody says anything to."""
AT_ONCE = 200
"""Rows that one run clears; the rest go with the next."""


def clear(turn: Turn) -> None:
    """Take rows out of an inbox: at once what is not for its people, after a while what they left alone. A row is looked
    at just before, in case somebody has said something meanwhile."""
    if turn.config.inbox_for is None:
        return
    with turn.writing() as conn:
        candidates.note_shown(conn, turn.name, turn.now())
        rows = candidates.to_clear(conn, turn.name, turn.now() - KEPT, AT_ONCE)
        for row in rows:
            if row.link_state == "wanted":
                _left(conn, turn, row)
    standing = [row for row in rows if row.link_state == "linked"]
    for start in range(0, len(standing), turn.can.batch):
        _remove(turn, standing[start : start + turn.can.batch])


def _remove(turn: Turn, rows: Sequence[Any]) -> None:
    now = turn.connector.get([row.remote_id for row in rows])
    answered = [
        record
        for row in rows
        if isinstance(record := now.get(row.remote_id), Record) and _answered_since(turn, row, record)
    ]
    if answered:
        apply_page(turn, Page(tuple(answered)))
    spared = {record.id for record in answered}
    gone = {id for id, answer in now.items() if isinstance(answer, Gone)}
    going = [row for row in rows if row.remote_id not in spared | gone and isinstance(now.get(row.remote_id), Record)]
    outcomes = turn.connector.delete([row.remote_id for row in going]) if going else []
    removed = {row.remote_id for row, outcome in zip(going, outcomes, strict=True) if outcome.error is None} | gone
    with turn.writing() as conn:
        for row in rows:
            if row.remote_id in removed:
                _left(conn, turn, row)
    turn.counts["cleared"] += len(removed)


def _answered_since(turn: Turn, row: Any, record: Record) -> bool:
    """Somebody said something that no run has read yet."""
    said = turn.mapping.answer(turn.mapping.reduce(record.fields))
    return row.state != "not_for_us" and said is not None and said != turn.mapping.answer(row.base or {})


def _left(conn: Connection, turn: Turn, row: Any) -> None:
    links.change(conn, row.link_id, state="stopped")
    if row.state == "new":
        candidates.change(conn, turn.name, row.opportunity_id, state="retired")
    audit.write(
        conn, at=turn.now(), run_id=turn.run_id, actor="hub", action="taken out of the inbox", direction="out",
        opportunity_id=row.opportunity_id, connection_id=turn.name, remote_id=row.remote_id, member_id=turn.member,
    )  # fmt: skip
