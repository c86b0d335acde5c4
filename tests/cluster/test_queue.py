"""The queue carries what is due, once, to workers of the same configuration, and keeps nothing of the dead."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from hub.app import Hub, open_hub
from hub.configured import configured
from hub.door.watch import Folders
from hub.jobs import due, lease, queue
from hub.jobs.presence import Presence
from hub.jobs.worker import Worker
from hub.store import alone, connections
from hub.store.tables import Run
from hub.sync import run
from hub.sync.turn import Turn

CONFIG = """[hub]
database = "DATABASE"
[members.elm]
name = "Elm Fund"
"""
SHEET = """
[connections.NAME]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
[connections.NAME.options]
path = "elm"
"""


@pytest.fixture
def hub(new_postgres: Callable[..., str], tmp_path: Path) -> Iterator[Hub]:
    sheets = "".join(SHEET.replace("NAME", name) for name in ("one", "two", "three"))
    (tmp_path / "config.toml").write_text(CONFIG.replace("DATABASE", new_postgres()) + sheets)
    (tmp_path / "elm").mkdir()
    hub = open_hub(configured(tmp_path / "config.toml"))
    with ThreadPoolExecutor(3) as pool:  # processes that start together
        list(pool.map(queue.prepare, [hub.engine] * 3))
    yield hub
    hub.engine.dispose()


def waiting(hub: Hub, state: str = "todo") -> list[tuple[str, str]]:
    jobs = f"SELECT queue_name, queueing_lock FROM {queue.SCHEMA}.procrastinate_jobs WHERE status = '{state}' ORDER BY 1, 2"
    with hub.reading() as conn:
        return [(row[0], row[1].partition("/")[2]) for row in conn.execute(text(jobs))]


def by_worker(hub: Hub, work: Callable[..., Any]) -> None:
    async def main() -> None:
        app = queue.app(hub, Folders(hub), 2, "process")
        async with app.open_async():
            await work(app)

    with ThreadPoolExecutor(1) as beside:  # a browser of another test may have a loop in this thread
        beside.submit(asyncio.run, main()).result()


def dispatch(hub: Hub) -> None:
    by_worker(hub, lambda app: queue._dispatch(hub, app, queue.name_of(hub), 0))


def test_what_is_due_is_put_in_once_and_what_somebody_works_on_is_not(hub: Hub) -> None:
    with hub.writing() as conn:
        lease.claim(conn, "two", "someone", hub.time.now())
    dispatch(hub)
    dispatch(hub)
    assert [name for _, name in waiting(hub)] == ["one", "three"]


def test_run_now_puts_its_connection_in_without_waiting_for_the_dispatch(hub: Hub) -> None:
    hub.nudge = queue.nudger(hub)
    due.run_now(hub, "one", "user")
    due.run_now(hub, "one", "user")
    assert [name for _, name in waiting(hub)] == ["one"]


def test_a_queue_that_cannot_be_reached_stops_nobody_who_asks_for_a_run(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    hub.nudge = queue.nudger(hub)
    with hub.writing() as conn:
        conn.execute(text(f"DROP SCHEMA {queue.SCHEMA} CASCADE"))
    due.run_now(hub, "one", "user")
    assert "one could not be put into the queue" in caplog.text


def test_workers_see_the_queue_of_their_own_configuration_only(hub: Hub) -> None:
    dispatch(hub)
    before = queue.name_of(hub)
    hub.config = replace(hub.config, digest="another")
    dispatch(hub)
    assert {name for name, _ in waiting(hub)} == {before, queue.name_of(hub)} and len(waiting(hub)) == 6


def test_a_connection_that_was_paused_meanwhile_is_not_synced(hub: Hub) -> None:
    due.pause(hub, "one", "user")
    queue._sync(hub, "one")
    queue._sync(hub, "two")
    with hub.reading() as conn:
        assert set(conn.scalars(text("SELECT connection_id FROM run"))) == {"two"}


def test_what_the_dead_left_is_tidied_and_the_living_keep_theirs(hub: Hub) -> None:
    presence = Presence(hub, "worker")
    presence.begin()
    dispatch(hub)
    hub.config = replace(hub.config, digest="of nobody alive")
    dispatch(hub)
    taken: list[int] = []

    async def take(app: Any) -> None:
        dead, alive = [await app.job_manager.register_worker() for _ in range(2)]
        for worker in (dead, alive):
            job = await app.job_manager.fetch_job(queues=[before], worker_id=worker)
            taken.append(job.id)
        await app.connector.execute_query_async(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes' WHERE id = %(id)s", id=dead
        )
        await queue._tidy(hub, app, 0)

    before = min(name for name, _ in waiting(hub) if name != queue.name_of(hub))
    by_worker(hub, take)
    presence.end()
    assert len(waiting(hub, "doing")) == 1 and {name for name, _ in waiting(hub)} == {before}


def test_only_one_does_a_chore_and_the_next_one_may_when_it_is_over(hub: Hub) -> None:
    with alone.only_one(hub.engine, "the mail", "a") as mine, alone.only_one(hub.engine, "the mail", "a") as other:
        assert mine and not other
        with alone.only_one(hub.engine, "the digests", "a") as another:
            assert another
    with alone.only_one(hub.engine, "the mail", "a") as mine:
        assert mine


def test_whoever_waited_longest_goes_first_though_others_stood_in_the_queue_before(hub: Hub) -> None:
    now = hub.time.now()
    with hub.writing() as conn:
        connections.change(conn, "two", lease_until=now + timedelta(minutes=1), due_at=now - timedelta(minutes=2))
    dispatch(hub)
    with hub.writing() as conn:
        connections.change(conn, "two", lease_until=now)  # whoever held it is dead
    dispatch(hub)
    taken: list[str] = []

    async def take(app: Any) -> None:
        worker = await app.job_manager.register_worker()
        while job := await app.job_manager.fetch_job(queues=[queue.name_of(hub)], worker_id=worker):
            taken.append(job.task_kwargs["connection"])

    by_worker(hub, take)
    assert taken == ["two", "one", "three"]


def test_a_worker_that_is_told_to_stop_before_it_began_does_not_begin(hub: Hub) -> None:
    """A signal that came before there was a loop set nothing that the loop looks at: the worker went on, told or not."""
    worker = Worker(hub, 1)
    worker.stop()
    running = threading.Thread(target=worker.run, daemon=True)
    running.start()
    running.join(30)
    assert not running.is_alive()


def test_a_run_whose_database_broke_off_is_no_failure_of_its_system_and_goes_on_soon(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(turn: Turn) -> None:
        with turn.writing() as conn:
            conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    monkeypatch.setattr(run, "pull", break_off)
    queue._sync(hub, "one")
    found = vars(Run)["__table__"]
    with hub.reading() as conn:
        row = connections.get(conn, "one")
        assert conn.execute(select(found.c.state, found.c.error)).one() == ("interrupted", run.CUT_OFF)
    assert row.failures == 0 and row.lease_until is None
    assert row.due_at is not None and row.due_at <= hub.time.now() + lease.LEASE
