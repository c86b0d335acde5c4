"""The clock of one process: one tick that starts what is due. Who may run what is decided by the lease."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from hub.app import Hub
from hub.commons import duplicates
from hub.store import connections
from hub.store.tables import Process
from hub.sync.run import OneRun

log = logging.getLogger("hub.jobs")
processes: Any = Process.__table__  # type: ignore[attr-defined]
ALIVE = timedelta(seconds=60)
"""A process that has not shown itself for this long no longer counts."""


class Clock:
    """Starts due connections in a few threads. One outage never delays the others: each connection
    has at most one thread, and there are ``workers`` of them."""

    def __init__(self, hub: Hub, workers: int = 4, tick: float = 1.0) -> None:
        self.hub = hub
        self._tick = tick
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="sync")
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._id = hub.ids.uuid7()

    def start(self) -> None:
        self._show(new=True)
        self._scheduler.add_job(
            self.tick, "interval", seconds=self._tick, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        self._scheduler.start()

    def stop(self) -> None:
        """No new runs; those under way end at their next safe point."""
        self._scheduler.shutdown(wait=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self.hub.writing() as conn:
            conn.execute(processes.delete().where(processes.c.id == self._id))

    def tick(self) -> None:
        """Start every connection that is due and that nobody works on."""
        self._show()
        if self._differs():
            return
        with self.hub.reading() as conn:
            due = connections.due(conn, list(self.hub.config.connections), self.hub.time.now())
        for name in due:
            with self._lock:
                if name in self._busy:
                    continue
                self._busy.add(name)
            self._pool.submit(self._run, name)
        self._tidy()

    def _tidy(self) -> None:
        """What changed is looked at for others like it, some at a time; what two stewards want merged is."""
        try:
            duplicates.look(self.hub)
            duplicates.carry_out(self.hub)
        except Exception:
            log.exception("Looking for duplicates failed; it is tried again")

    def _run(self, name: str) -> None:
        try:
            run = OneRun(self.hub, name, "schedule")
            run.take_in()
            run.give_out()
            if run.result.state == "held":
                self._rest(name)
        except Exception:
            log.exception("%s: the run could not start", name)
        finally:
            with self._lock:
                self._busy.discard(name)

    def _rest(self, name: str) -> None:
        """A held connection is looked at again at its next time, or at once when someone decides."""
        every = timedelta(seconds=self.hub.config.connections[name].every)
        with self.hub.writing() as conn:
            connections.change(conn, name, due_at=self.hub.time.now() + every)

    def _show(self, new: bool = False) -> None:
        now = self.hub.time.now()
        with self.hub.writing() as conn:
            if new:
                conn.execute(processes.delete().where(processes.c.seen_at < now - ALIVE))
                values = {"id": self._id, "kind": "serve", "config_digest": self.hub.config.digest}
                conn.execute(processes.insert().values(started_at=now, seen_at=now, **values))
            else:
                conn.execute(processes.update().where(processes.c.id == self._id).values(seen_at=now))

    def _differs(self) -> bool:
        """Another live process runs by another configuration: the older one of the two claims nothing."""
        with self.hub.reading() as conn:
            rows = conn.execute(select(processes).where(processes.c.seen_at >= self.hub.time.now() - ALIVE)).all()
        mine = next((row for row in rows if row.id == self._id), None)
        newer = [r for r in rows if mine and r.started_at > mine.started_at]
        if any(row.config_digest != self.hub.config.digest for row in newer):
            log.warning("A newer process runs with another configuration; this one starts no syncs. Restart it.")
            return True
        return False
