"""Picking up what a broken run left: by looking, never by repeating."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.contract import Record
from hub.store import dues, links, runs
from hub.store.opportunities import arriving_moves
from hub.store.tables import Intent, Run
from hub.sync.apply import set_aside
from hub.sync.push import written
from hub.sync.turn import Turn

Raw = dict[str, Any]
TWICE = "Two records carry the key of one opportunity after an interrupted sync. Delete one, or clear its key."


def recover(turn: Turn) -> None:
    """Settle every open intent of this connection, and take over what dead runs had not judged."""
    with turn.writing() as conn:
        for run in runs.broken(conn, turn.name, turn.run_id):
            _take_over(conn, turn, run)
        intents = runs.open_intents(conn, turn.name)
    for intent in intents:
        if intent.action == "create":
            _settle_create(turn, intent)
        else:
            _settle_update(turn, intent)


def _take_over(conn: Any, turn: Turn, run: Run) -> None:
    dues.hand_over(conn, run.id, turn.run_id)
    arriving_moves(conn, run.id, turn.run_id)
    for name in ("overwritten", "withdrawn"):
        turn.counts[name] += (run.counts or {}).get(name, 0)
    runs.end(conn, run.id, "interrupted", turn.now(), error="The process ended in the middle. The next run went on.")


def _settle_create(turn: Turn, intent: Intent) -> None:
    """Did the record come to be? Asked by key, and not before a fresh record can be found there."""
    ready = intent.opened_at + timedelta(seconds=turn.can.find_lag)
    if turn.now() < ready:
        turn.hub.time.sleep((ready - turn.now()).total_seconds())
    key = intent.fields.get(turn.mapping.key or "")
    found = turn.connector.find(str(key)) if key is not None else []
    with turn.writing() as conn:
        link = links.get(conn, intent.link_id)
        if link is None or link.remote_id is not None:
            runs.settle(conn, [intent.id], "done")
        elif len(found) == 1:
            written(conn, turn, link, intent, _as_sent(turn, intent, found[0]))
        elif found:
            for record in found:
                set_aside(conn, turn, record.id, "", TWICE, turn.mapping.reduce(record.fields), link.opportunity_id)
            runs.settle(conn, [intent.id], "asked")
        else:
            links.change(conn, link.id, state="wanted")
            runs.settle(conn, [intent.id], "did not happen")
    if len(found) == 1:
        turn.counts["recovered"] += 1


def _as_sent(turn: Turn, intent: Intent, record: Record) -> Record:
    """The base of a recovered record is what was sent: anything else there may be somebody's edit since."""
    sent = {c: v for c, v in intent.fields.items() if not isinstance(v, dict)}
    return Record(record.id, dict(record.fields) | sent, record.version, record.url)


def _settle_update(turn: Turn, intent: Intent) -> None:
    """If it happened, the record shows the commons value and reconciling agrees; if not, it is still due."""
    with turn.writing() as conn:
        link = links.get(conn, intent.link_id)
        still = link.remote_id if link is not None else None
    found = turn.connector.get([still]) if still else {}
    record = found.get(still or "")
    with turn.writing() as conn:
        link = links.get(conn, intent.link_id)
        if link is not None and isinstance(record, Record) and link.base is not None:
            raw = turn.mapping.reduce(record.fields)
            if all(raw.get(c) == v for c, v in intent.fields.items() if c in raw):
                written(conn, turn, link, intent, record)
                turn.counts["recovered"] += 1
                return
        runs.settle(conn, [intent.id], "looked at")
