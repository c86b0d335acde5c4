"""Nothing that was brought, and nothing that was wrong with it, is kept longer than it is needed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.door.bring import KEPT, REPORTED
from hub.store import chores, uploads, waiting

if TYPE_CHECKING:
    from hub.app import Hub

EVERY = timedelta(hours=1)


def tidy(hub: Hub) -> None:
    """Once an hour, by whichever process comes first."""
    now = hub.time.now()
    with hub.reading() as conn:
        if not chores.is_due(conn, "uploads", now):
            return
    with hub.writing() as conn:
        if chores.claim(conn, "uploads", now, EVERY)[0]:
            uploads.forget(conn, now - KEPT, now - REPORTED)
            for name in (name for name, config in hub.config.connections.items() if config.door):
                waiting.outdated(conn, name, "", now - REPORTED)  # who brings no newer sheet cares for it no more
