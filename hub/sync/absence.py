"""Linked records that whole scans do not show. Absence is not deletion: only the system's own word makes a record gone."""

from __future__ import annotations

import hashlib
from typing import Any

from connectors.contract import Gone
from hub import crash
from hub.store import connections, links
from hub.store import deletions as store
from hub.store.engine import dumps
from hub.sync import deletions, guards
from hub.sync.turn import Turn

SCANS = 2


def look(turn: Turn) -> bool:
    """After a whole scan: records that two in a row did not show are asked for one by one, but not many at once (a
    filtered view or a lost permission looks just like that): those are left for the judge to hold. True where the second
    scan should come with the next run. A scan counts when all that it makes one ask was answered."""
    with turn.writing() as conn:
        _start_over_if_it_sees_otherwise(conn, turn)
        absent = links.absent(conn, turn.name, turn.scan, SCANS)
        linked = links.count(conn, turn.name)
        asked_about = _asked_about(conn, turn, list(absent))
    turn.counts["missing"] += len(absent)
    turn.absent = sorted(absent.keys() - asked_about)
    asked: list[str] = []
    if not guards.DELETES.trips(len(turn.absent), linked):
        turn.absent = []
        # Ever more seldom: a system that cannot prove it would be asked for the same record for ever.
        asked = [id for id, missed in absent.items() if missed & (missed - 1) == 0]
    found = turn.connector.get(asked) if asked else {}
    crash.point("pull.absent.asked")
    with turn.writing() as conn:
        links.missed(conn, turn.name, turn.scan)
        deletions.note(conn, turn, [answer.id for answer in found.values() if isinstance(answer, Gone)])
        return turn.can.feed != "full_scan" and links.missed_once(conn, turn.name)


def _asked_about(conn: Any, turn: Turn, ids: list[str]) -> set[str]:
    """Records that a person had on such a list before. Where a system cannot prove a deletion, asking would never end."""
    there = {link.id: id for id, link in links.by_remote(conn, turn.name, ids).items()}
    return {there[link_id] for link_id in store.by_link(conn, list(there), store.LOOKED_AT)}


def _start_over_if_it_sees_otherwise(conn: Any, turn: Turn) -> None:
    """Two scans in a row mean something only where both looked the same way: same address, credential and object."""
    shown = {
        name: hashlib.sha256(repr(_plain(value)).encode()).hexdigest() for name, value in turn.config.options.items()
    }
    # Eight digits tell two credentials apart and are no help in guessing one.
    scope = hashlib.sha256(dumps([turn.config.system, turn.mapping.object, shown]).encode()).hexdigest()[:8]
    if connections.get(conn, turn.name).scope != scope:
        connections.change(conn, turn.name, scope=scope)
        links.believe(conn, turn.name)


def _plain(value: Any) -> Any:
    return value.reveal() if hasattr(value, "reveal") else value
