"""Once a day, what was kept long enough goes."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.store import chores, keeping

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.operations")
CHORE, EVERY = "what was kept long enough", timedelta(days=1)


def look(hub: Hub) -> None:
    """Once a day, by whichever process comes first."""
    with hub.reading() as conn:
        if not chores.is_due(conn, CHORE, hub.time.now()):
            return
    with hub.writing() as conn:
        mine, _ = chores.claim(conn, CHORE, hub.time.now(), EVERY)
    if mine:
        carry_out(hub)


def carry_out(hub: Hub) -> dict[str, int]:
    """Delete all of it, a batch a transaction. Returns ``{what: how many}`` of what there was."""
    now, kept = hub.time.now(), hub.config.retention
    gone: dict[str, int] = {}
    for name, table, rows in keeping.past(kept, now):
        while True:
            with hub.writing() as conn:
                count = keeping.drop(conn, table, rows)
            gone[name] = gone.get(name, 0) + count
            if count < keeping.BATCH:
                break
    while True:
        with hub.writing() as conn:
            count = keeping.blank(conn, kept, now)
        gone["contents of set-aside records"] = gone.get("contents of set-aside records", 0) + count
        if count < keeping.BATCH:
            break
    gone = {name: count for name, count in gone.items() if count}
    if gone:
        log.info("What was kept long enough is gone", extra=gone)
    return gone
