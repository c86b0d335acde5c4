"""The clock of one process: one tick that starts what is due. Who may run what is decided by the lease."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from copy import copy
from datetime import timedelta
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from hub.app import Hub
from hub.commons import asking, digest, duplicates
from hub.door.keep import tidy
from hub.door.watch import Folders
from hub.mail.sending import send_waiting
from hub.operations import retention
from hub.reload import Files
from hub.store import chores, connections, sealing
from hub.store.identity import ALIVE
from hub.store.tables import Process
from hub.sync.run import OneRun

log = logging.getLogger("hub.jobs")
processes: Any = Process.__table__  # type: ignore[attr-defined]

MAIL, ASKING, LIKENESS, MERGING = "the mail", "asking what is still needed", "looking for duplicates", "merging"
DOORS, KEEPING = "the folders of doors", "dropping sheets that were brought"
DIGEST = "the digests"
SEALING, SEALED_EVERY = "sealing the audit", timedelta(minutes=1)


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
        self._id = hub.ids.uuid7()
        self._configuration = Files(hub)
        self._folders = Folders(hub)

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
        self._aside.shutdown(wait=True, cancel_futures=True)
        with self.hub.writing() as conn:
            conn.execute(processes.delete().where(processes.c.id == self._id))

    def tick(self) -> None:
        """Take up a changed configuration, start every connection that is due and that nobody works on, and what the hub does
        beside."""
        self._configuration.look()
        self._show()
        if self._differs():
            return
        systems = [name for name, config in self.hub.config.connections.items() if not config.door]
        with self.hub.reading() as conn:
            due = connections.due(conn, systems, self.hub.time.now())
        for name in due:
            self._start(self._pool, name, partial(self._run, name))
        if len(systems) < len(self.hub.config.connections):
            self._start(self._pool, DOORS, self._folders.look)
            self._start(self._aside, KEEPING, partial(tidy, self.hub))
        self._start(self._aside, ASKING, partial(asking.look, self.hub))
        self._start(self._aside, DIGEST, partial(digest.look, self.hub))
        self._start(self._aside, MAIL, partial(send_waiting, self.hub))
        self._start(self._aside, LIKENESS, partial(duplicates.look, self.hub))
        self._start(self._aside, MERGING, partial(duplicates.carry_out, self.hub))
        self._start(self._aside, SEALING, self._seal)
        self._start(self._aside, retention.CHORE, partial(retention.look, self.hub))

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

    def _run(self, name: str) -> None:
        run = OneRun(copy(self.hub), name, "schedule")  # what it began by one configuration, it ends by the same
        run.take_in()
        run.give_out()
        if run.result.state == "held":
            self._rest(name)

    def _seal(self) -> None:
        """The digest goes to the log as well: that leaves the database, where whoever owns it could make it anew."""
        with self.hub.reading() as conn:
            if not chores.is_due(conn, SEALING, self.hub.time.now()):
                return
        with self.hub.writing() as conn:
            mine, _ = chores.claim(conn, SEALING, self.hub.time.now(), SEALED_EVERY)
        digest = sealing.seal(self.hub.engine, self.hub.time.now(), patience=5) if mine else None
        if digest:
            log.info("The audit was sealed", extra={"digest": digest})

    def _rest(self, name: str) -> None:
        """A held connection is looked at again at its next time, or at once when someone decides."""
        config = self.hub.config.connections.get(name)
        if config is None:
            return
        every = timedelta(seconds=config.every)
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
                conn.execute(
                    processes.update()
                    .where(processes.c.id == self._id)
                    .values(seen_at=now, config_digest=self.hub.config.digest)
                )

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
