"""The clock of one process: one tick that starts what is due. Who may run what is decided by the lease."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from hub.app import Hub
from hub.door.watch import Folders
from hub.jobs import scheduled
from hub.jobs.beside import CHORES, DOORS, has_doors
from hub.jobs.presence import Presence
from hub.reload import Files

log = logging.getLogger("hub.jobs")


class Clock:
    """Starts due connections in a few threads. One outage never delays the others: each connection
    has at most one thread, and there are ``workers`` of them. What the hub does beside has a thread of its own."""

    def __init__(self, hub: Hub, workers: int = 4, tick: float = 1.0) -> None:
        self.hub = hub
        self._tick = tick
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="sync")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._presence = Presence(hub, "serve")
        self._configuration = Files(hub)
        self._folders = Folders(hub)

    def start(self) -> None:
        self._presence.begin()
        self._scheduler.add_job(
            self.tick, "interval", seconds=self._tick, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        self._scheduler.start()

    def stop(self) -> None:
        """No new runs; those under way end at their next safe point."""
        self.hub.stopping.set()
        self._scheduler.shutdown(wait=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._aside.shutdown(wait=True, cancel_futures=True)
        self._presence.end()

    def tick(self) -> None:
        """Take up a changed configuration, start every connection that is due and that nobody works on, and what the hub does
        beside."""
        self._configuration.look()
        self._presence.show()
        self.hub.ticked_at = self.hub.time.now()
        if self.hub.stopping.is_set() or self._presence.unfit():
            return
        for name in scheduled.due(self.hub):
            self._start(self._pool, name, partial(scheduled.sync, self.hub, name))
        if has_doors(self.hub):
            self._start(self._pool, DOORS, self._folders.look)
        for name, chore in CHORES.items():
            self._start(self._aside, name, partial(chore, self.hub))

    def _start(self, pool: Executor, name: str, work: Callable[[], object]) -> None:
        """At most one thread does what has this name; whatever it raises is logged, and the clock goes on."""
        with self._lock:
            if name in self._busy:
                return
            self._busy.add(name)
        pool.submit(self._do, name, work)

    def _do(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            log.exception("%s: it could not be done", name)
        finally:
            with self._lock:
                self._busy.discard(name)
