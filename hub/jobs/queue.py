"""Procrastinate over the hub's own PostgreSQL: it carries ``sync(connection)`` to whichever worker is free. The lease decides.

Nothing lives in the queue that could be lost: a dispatch puts into it, every second, what is due and that nobody works on.
So there is no retry, and no ``lock``: with ``lock`` beside ``queueing_lock`` a job whose worker was killed is never done
again (procrastinate issue 1446). A dead worker's job stays "doing", in nobody's way, until ``tidy`` removes it.

Each configuration has a queue of its own, so a worker never sees what was put in by another one. The tables stand in a schema
named by Procrastinate's version: while workers of two versions run, each has its own queue, and the lease is what they share.
"""

from __future__ import annotations

import asyncio
import logging
from copy import copy
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager
from procrastinate.tasks import Task
from sqlalchemy import Engine

from hub.door.watch import Folders
from hub.jobs import presence, scheduled
from hub.jobs.beside import CHORES, DOORS, has_doors
from hub.store import alone, queued
from hub.store.engine import WRITES, settings, signs, writing

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.jobs")
SCHEMA = "queue_" + version("procrastinate").replace(".", "_")
FIRST = 10
"""Above every sync: a worker that is short of places finds out what is due before it goes on."""
STEP = timedelta(seconds=30)
"""Whoever waited so much longer than others is put before them: what a dead worker held has waited for its lease already."""
SYNC = "sync"
STALLED = 60.0
"""Seconds without a sign of life after which a worker's jobs are nobody's."""


def name_of(hub: Hub) -> str:
    """The queue of everyone who goes by this configuration."""
    return f"hub:{hub.config.digest[:16]}"


def prepare(engine: Engine) -> None:
    """Procrastinate's tables, once, whoever comes first."""
    with writing(engine) as conn:
        alone.wait_for(conn, "the queue")
        if not queued.is_there(conn, SCHEMA):
            queued.make(conn, SCHEMA, SchemaManager.get_schema())


def address(engine: Engine) -> dict[str, Any]:
    """What psycopg connects with to find those tables. Each transaction of the queue is short, so all are known as writes."""
    _, found = engine.dialect.create_connect_args(engine.url)
    usual = {"connect_timeout": 10, **signs(str(engine.url)), **found}
    return usual | {"application_name": WRITES, "options": f"-c search_path={SCHEMA} {settings()}"}


def nudger(hub: Hub) -> Any:
    """Puts one connection into the queue at once; workers listen, so one starts in the same second. What goes wrong is
    logged only: the next dispatch finds the connection due."""
    app = App(connector=SyncPsycopgConnector(kwargs=address(hub.engine), min_size=0, max_size=2, timeout=5))
    app.open()

    def nudge(connection: str) -> None:
        queue = name_of(hub)
        try:
            app.configure_task(SYNC, queue=queue, queueing_lock=_once(queue, connection)).defer(connection=connection)
        except AlreadyEnqueued:
            return
        except Exception as error:
            log.warning("%s could not be put into the queue (%s); it is found due soon.", connection, error)

    return nudge


def app(hub: Hub, folders: Folders, places: int, process: str) -> App:
    """Everything that a worker of this configuration does. ``process``: what it shows itself by."""
    queue = name_of(hub)
    found = App(connector=PsycopgConnector(kwargs=address(hub.engine), min_size=1, max_size=places + 4, timeout=10))
    found.task(name=SYNC, queue=queue)(partial(_sync, hub))
    every = partial(_every, found, queue)
    every(1, "dispatch", partial(_dispatch, hub, found, queue))
    every(2, "beside", partial(_beside, hub, folders, process))
    every(30, "tidy", partial(_tidy, hub, found))
    return found


def _once(queue: str, what: str) -> str:
    return f"{queue}/{what}"


def _every(app: App, queue: str, seconds: int, name: str, does: Any) -> None:
    task: Task[Any, Any, Any] = app.task(
        name=name, queue=queue, priority=FIRST, queueing_lock=_once(queue, f" {name}")
    )(does)
    app.periodic(cron=f"* * * * * */{seconds}", periodic_id=queue)(task)


def _sync(hub: Hub, connection: str) -> None:
    """What waited in the queue may have been done or paused meanwhile: whether it is due is asked again."""
    if connection in scheduled.systems(hub) and scheduled.waited(hub, [connection]):
        scheduled.sync(hub, connection)


async def _dispatch(hub: Hub, app: App, queue: str, timestamp: int) -> None:
    rows = await app.connector.execute_query_all_async(queued.WAITING, queue=queue)
    waiting = {row["queueing_lock"] for row in rows}
    for name, since in (await asyncio.to_thread(scheduled.waited, hub, scheduled.systems(hub))).items():
        if (once := _once(queue, name)) not in waiting:
            sync = app.configure_task(SYNC, queue=queue, queueing_lock=once, priority=min(since // STEP, FIRST - 1))
            try:
                await sync.defer_async(connection=name)
            except AlreadyEnqueued:
                continue  # a nudge, or a dispatch of another worker, was quicker


def _beside(hub: Hub, folders: Folders, process: str, timestamp: int) -> None:
    """Each by one process at a time. A worker that dies with it in hand lets go of it by dying."""
    for name, chore in CHORES.items():
        _alone(hub, name, process, partial(chore, copy(hub)))
    if has_doors(hub):
        _alone(hub, DOORS, process, folders.look)


def _alone(hub: Hub, name: str, process: str, work: Any) -> None:
    try:
        with alone.only_one(hub.engine, name, process) as mine:
            if mine:
                work()
    except Exception:
        log.exception("%s: it could not be done", name)


async def _tidy(hub: Hub, app: App, timestamp: int) -> None:
    """Rows of dead workers, and what waits in the queues of configurations by which nobody goes any more."""
    alive = {f"hub:{digest[:16]}" for digest in await asyncio.to_thread(presence.digests, hub)}
    await app.job_manager.prune_stalled_workers(STALLED)
    await app.connector.execute_query_async(queued.TIDY, alive=sorted(alive))
