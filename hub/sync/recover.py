"""Picking up what a broken run left: by looking, never by repeating."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.contract import Record
from connectors.transport import DEADLINE
from hub import crash
from hub.store import dues, links, runs
from hub.store.opportunities import arriving_moves
from hub.store.tables import Intent, Run
from hub.sync import lookalikes, quarantine
from hub.sync.created import adopt_created, did_not_happen
from hub.sync.push import as_sent, perhaps_written
from hub.sync.turn import Turn
from hub.sync.written import Written, book
from schemas.said import phrase

Raw = dict[str, Any]
LONGEST_CALL = timedelta(seconds=DEADLINE)
TWICE = phrase("Two records carry the key of one opportunity after an interrupted sync. Delete one, or clear its key.")


def recover(turn: Turn) -> None:
    """Settle every open intent of this connection, and take over what earlier runs had not judged.

    What cannot be known yet, because a fresh record may still be invisible there, stays open; the rest of the
    run goes on without it.
    """
    with turn.writing() as conn:
        for run in runs.unjudged(conn, turn.name, turn.run_id):
            _take_over(conn, turn, run)
        runs.progress(conn, turn, "recover")  # what was taken over is with this run now, however it ends
        intents = runs.open_intents(conn, turn.name)
    crash.point("recover.taken_over")
    creates = [intent for intent in intents if intent.action == "create" and _can_be_seen(turn, intent)]
    for intent in creates:
        if intent.fields.get(turn.mapping.key or "") is not None:
            _settle_create(turn, intent)
            crash.point("recover.settled")
    lookalikes.settle(turn, [i for i in creates if i.fields.get(turn.mapping.key or "") is None])
    for intent in intents:
        if intent.action != "create":
            _settle_update(turn, intent)
            crash.point("recover.settled")
    lookalikes.carry_out(turn)


def _take_over(conn: Any, turn: Turn, run: Run) -> None:
    """Left unjudged, a change would be planned by no connection, not even by those that wait for it."""
    waiting = dues.hand_over(conn, run.id, turn.run_id)
    turn.inherited |= arriving_moves(conn, run.id, turn.run_id)
    for name in ("overwritten", "withdrawn", "closed"):
        # What was judged already does not count twice.
        turn.counts[name] += min((run.counts or {}).get(name, 0), waiting)
    if run.state == "running":
        said = phrase("The process ended in the middle. The next run went on.")
        runs.end(conn, run.id, "interrupted", turn.now(), error=said)
    runs.taken_over(conn, run.id, turn.run_id)


def _can_be_seen(turn: Turn, intent: Intent) -> bool:
    """Not before a fresh record can be found there. The call may have lasted as long as a call can, and the request have
    arrived some time after everybody gave up; only then does the record begin to be out of sight."""
    lag = timedelta(seconds=turn.can.find_lag)
    ready = not lag or turn.now() >= intent.opened_at + LONGEST_CALL + 2 * lag
    turn.counts["waiting"] += not ready
    return ready


def _settle_create(turn: Turn, intent: Intent) -> None:
    """Did the record come to be? Asked by key."""
    found = turn.connector.find(str(intent.fields[turn.mapping.key or ""]))
    crash.point("recover.looked")
    with turn.writing() as conn:
        link = links.get(conn, intent.link_id)
        if link is None or link.remote_id is not None:
            runs.settle(conn, [intent.id], "done")
        elif len(found) == 1:
            adopt_created(conn, turn, link, intent, found[0])
        elif found:
            for record in found:
                reduced = turn.mapping.reduce(record.fields)
                quarantine.set_aside(conn, turn, record.id, "", TWICE, reduced, link.opportunity_id)
            runs.settle(conn, [intent.id], "asked")
        else:
            did_not_happen(conn, turn, intent)


def _settle_update(turn: Turn, intent: Intent) -> None:
    """If it happened, the record shows the commons value and reconciling agrees; if not, it is still due."""
    with turn.hub.reading() as conn:
        link = links.get(conn, intent.link_id)
        still = link.remote_id if link is not None else None
    found = turn.connector.get([still]) if still else {}
    record = found.get(still or "")
    crash.point("recover.looked")
    with turn.writing() as conn:
        link = links.get(conn, intent.link_id)
        if link is not None and link.base is not None:
            there = record if isinstance(record, Record) else None
            if there is not None and as_sent(turn, intent, there):
                book(conn, turn, [Written(link, intent, there)])
                turn.counts["recovered"] += 1
                return
            perhaps_written(conn, turn, link, intent, there)
        runs.settle(conn, [intent.id], "looked at")
