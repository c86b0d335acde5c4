"""A process that falls silent in the middle of its work must not keep others waiting, wherever its last message was cut."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from hub.app import Hub, open_hub
from hub.configured import configured
from hub.jobs import freeing
from hub.jobs.presence import Presence
from hub.store import abandoned, alone, engine
from hub.store.engine import open_engine, reading, writing

CONFIG = """[hub]
database = "DATABASE"
[members.elm]
name = "Elm Fund"
"""
CHANGE = b"UPDATE member SET name = 'Elm'"
SILENT = 0.5


@pytest.fixture
def hub(new_postgres: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(engine, "ABANDONED", SILENT)
    monkeypatch.setattr(freeing, "EVERY", 0.1)
    (tmp_path / "config.toml").write_text(CONFIG.replace("DATABASE", new_postgres()))
    hub = open_hub(configured(tmp_path / "config.toml"))
    yield hub
    hub.engine.dispose()


@pytest.fixture
def far(hub: Hub) -> Iterator[Engine]:
    """The database as another machine has it."""
    far = open_engine(str(hub.engine.url))
    yield far
    far.dispose()


def half_of_many_rows(pgconn: Any) -> None:
    pgconn.enter_pipeline_mode()
    pgconn.send_query_params(CHANGE, None)
    pgconn.send_flush_request()


def nothing_after_many_rows(pgconn: Any) -> None:
    """How the driver leaves it: the answer is complete, and then one more message that asks for none."""
    pgconn.exec_(CHANGE)
    pgconn.enter_pipeline_mode()
    pgconn.send_flush_request()


def more_than_it_takes(pgconn: Any) -> None:
    """An answer that nobody reads: PostgreSQL waits to write."""
    pgconn.exec_(CHANGE)
    pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000)")


@pytest.mark.parametrize("falls_silent", [half_of_many_rows, nothing_after_many_rows, more_than_it_takes])
def test_whoever_says_nothing_more_in_a_write_is_ended_by_a_process_that_lives(
    hub: Hub, far: Engine, falls_silent: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DBAPIError):
        _cut_off(hub, far, falls_silent)
    assert "The session was ended so that nobody waits for it" in caplog.text
    with hub.reading() as conn:
        assert conn.scalar(text("SELECT name FROM member")) == "Oak"


def _cut_off(hub: Hub, far: Engine, falls_silent: Callable[[Any], None]) -> None:
    alive = Presence(hub, "worker")
    with writing(far) as conn:
        driver: Any = conn.connection.driver_connection
        falls_silent(driver.pgconn)
        driver.pgconn.flush()
        alive.begin()
        try:
            with hub.writing() as other:
                other.execute(text("SET LOCAL lock_timeout = '20s'"))
                assert other.execute(text("UPDATE member SET name = 'Oak'")).rowcount == 1
        finally:
            driver.close()
            alive.end()


def ended(hub: Hub) -> set[int]:
    with hub.reading() as conn:
        return {one.pid for one in abandoned.end(conn, hub.time.now())}


def number(conn: Connection) -> int:
    return int(conn.scalar(text("SELECT pg_backend_pid()")) or 0)


def test_whoever_works_or_only_reads_is_left_alone_however_long_it_takes(hub: Hub, far: Engine) -> None:
    slept = threading.Event()

    def work() -> None:
        with writing(far) as conn:
            conn.execute(text("UPDATE member SET name = 'Ash'"))
            conn.execute(text(f"SELECT pg_sleep({SILENT * 4})"))
        slept.set()

    working = threading.Thread(target=work)
    with reading(far) as reader, writing(far, silent=float("inf")) as mover, far.connect() as program:
        program.execute(text("SET application_name = 'pg_dump'"))
        program.execute(text("SELECT 1 FROM member"))
        for conn in (reader, mover):
            conn.execute(text("SELECT 1"))
        working.start()
        while not slept.wait(SILENT / 4):
            assert ended(hub) == set()
        assert reader.scalar(text("SELECT 1")) == mover.scalar(text("SELECT 1")) == 1
        program.rollback()
        program.connection.invalidate()  # its name is not for the next one
    working.join()
    with hub.reading() as conn:
        assert conn.scalar(text("SELECT name FROM member")) == "Ash"


def test_a_chore_that_is_held_for_a_process_that_shows_itself_no_more_is_free(hub: Hub, far: Engine) -> None:
    lives = Presence(hub, "worker")
    lives.begin()
    with alone.only_one(far, "the mail", lives.id) as mine:
        assert mine and ended(hub) == set()
    with pytest.raises(DBAPIError):
        _hold_for_nobody(hub, far, lives.id)
    with alone.only_one(far, "the mail", lives.id) as mine:
        assert mine
    lives.end()


def _hold_for_nobody(hub: Hub, far: Engine, lives: str) -> None:
    with alone.only_one(far, "the mail", "gone") as its:
        with alone.only_one(hub.engine, "the mail", lives) as mine:
            assert its and not mine
        while ended(hub):
            pass  # it takes a moment
        with alone.only_one(hub.engine, "the mail", lives) as mine:
            assert mine
