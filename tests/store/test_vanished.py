"""A process that vanishes in the middle of a write transaction must not keep others waiting for its rows."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from hub.store import engine as store
from hub.store.engine import open_engine, reading, writing

SILENT = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
)


@pytest.mark.parametrize("rows", [1, 500])
def test_whoever_says_nothing_more_is_ended_also_after_many_rows_at_once(
    new_postgres: Callable[..., str], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(store, "ABANDONED", 0.5)
    url = new_postgres()
    silent, other = open_engine(url), open_engine(url)
    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        _fall_silent(silent, other, rows)
    silent.dispose()
    other.dispose()


def _fall_silent(engine: Engine, other: Engine, rows: int) -> None:
    """Write so many rows, and wait until the database has had enough."""
    with writing(engine) as conn:
        conn.exec_driver_sql("CREATE TABLE vanished (number integer)")
        conn.exec_driver_sql("INSERT INTO vanished VALUES (%s)", [(number,) for number in range(rows)])
        for _ in range(200):
            with reading(other) as there:
                if not there.scalar(SILENT):
                    return
            time.sleep(0.05)
        raise AssertionError("It was not ended within ten seconds.")
