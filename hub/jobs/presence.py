"""Every process shows itself, and by which configuration it goes; one that does not fit in starts nothing, and says why."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.clock import SystemTime
from hub.jobs.freeing import Freeing
from hub.store import processes

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.jobs")
SKEW = timedelta(seconds=10)
"""How far this machine's clock may be from the database's. Leases compare what several machines hold to be now, and are
long enough for this."""


class Presence:
    """One process among the others. ``kind``: serve, web, worker."""

    def __init__(self, hub: Hub, kind: str) -> None:
        self.hub = hub
        self.kind = kind
        self.id = hub.ids.uuid7()
        self._digest = hub.config.digest
        self._said: str | None = None
        self._freeing = Freeing(hub)

    def begin(self) -> None:
        self._freeing.start()
        with self.hub.writing() as conn:
            processes.begin(conn, self.id, self.kind, self._digest, self.hub.time.now())

    def show(self) -> None:
        """That it is alive. One that took up another configuration counts as new by it."""
        now, digest = self.hub.time.now(), self.hub.config.digest
        changed: dict[str, Any] = {"started_at": now, "config_digest": digest} if digest != self._digest else {}
        with self.hub.writing() as conn:
            there = processes.show(conn, self.id, now, **changed)
        self._digest = digest
        if not there:
            self.begin()  # it was silent so long that another took it for dead

    def end(self) -> None:
        self._freeing.stop()
        with self.hub.writing() as conn:
            processes.end(conn, self.id)

    def unfit(self) -> str | None:
        """Why it may start nothing: its clock is wrong, or a newer process goes by another configuration. Logged when new."""
        with self.hub.reading() as conn:
            rows, theirs = processes.living(conn, self.hub.time.now()), processes.clock(conn)
        why = self._wrong_clock(theirs) or self._other_configuration(rows)
        if why != self._said:
            log.warning("%s", why) if why else log.warning("It starts syncs again.")
            self._said = why
        return why

    def _wrong_clock(self, theirs: datetime | None) -> str | None:
        if theirs is None or not isinstance(self.hub.time, SystemTime):
            return None
        skew = self.hub.time.now() - theirs
        if abs(skew) <= SKEW:
            return None
        return (
            f"This machine's clock is {abs(skew).total_seconds():.0f} s {'before' if skew > timedelta(0) else 'behind'} the "
            "database's, so this process starts no syncs. Set the clock right (chrony, systemd-timesyncd)."
        )

    def _other_configuration(self, rows: Any) -> str | None:
        mine = next((row for row in rows if row.id == self.id), None)
        newer = [row for row in rows if mine and (row.started_at, row.id) > (mine.started_at, mine.id)]
        if not any(row.config_digest != self._digest for row in newer):
            return None
        return (
            "A newer process runs with another configuration; this one starts no syncs. Give both the same files, "
            "then restart the one that has the older."
        )


def digests(hub: Hub) -> set[str]:
    """By which configurations processes go that are alive."""
    with hub.reading() as conn:
        return {row.config_digest for row in processes.living(conn, hub.time.now())}
