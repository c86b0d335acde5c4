"""A worker that cannot reach the database any more stops writing to systems before its lease ends, and another goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import request
from sqlalchemy import make_url, text

from hub.store.engine import open_engine, reading
from tests.cluster.cable import Cable
from tests.cluster.proof import Processes, Wish, until
from tests.cluster.systems import Systems

LEASE = 12.0
WISH = Wish(connections=5, tables=5, every=4, records=8, webs=0, workers=1, places=2, lease=LEASE)


@pytest.mark.whole  # minutes on a busy machine; make prove-cluster
def test_a_worker_cut_off_in_mid_write_writes_nothing_more_and_the_next_one_doubles_nothing(
    new_postgres: Callable[..., str], tmp_path: Path
) -> None:
    url = make_url(new_postgres())
    host = str(url.query["host"])
    far, near = tmp_path / "far", tmp_path / "near"
    systems = Systems()
    systems.build(WISH.connections, WISH.tables, WISH.every, WISH.records)
    writes = _slow_writes(systems)
    with Cable(f"{host}/.s.PGSQL.5432") as cable:
        through = f"postgresql+psycopg://{url.username}@127.0.0.1:{cable.port}/{url.database}"
        for folder in (far, near):
            folder.mkdir()
        cut_off = Processes(systems.configuration(far, through), far, WISH)
        others = Processes(systems.configuration(near, url.render_as_string()), near, replace(WISH, mistake=""))
        try:
            cut_off.begin()
            until(lambda: len(writes) >= 4, 60)
            assert len(writes) >= 4, (far / "worker.log").read_text()
            cable.hold()
            held, ends = time.monotonic(), _leases_end(str(url))
            time.sleep(LEASE)
            late = [at for at in writes if at > held]
            # What had left when the cable was held arrives; then nothing does, long before the last lease is over.
            assert len(late) <= WISH.places and all(at < held + 1.5 for at in late) and ends > held + LEASE / 3
            others.begin()
            until(lambda: not systems.wrong(), 150)
            assert systems.wrong() == [], (near / "worker.log").read_text()
            calls = len(writes)
            cable.let_go()
            time.sleep(4)
            assert len(writes) == calls and systems.wrong() == []
        finally:
            cable.let_go()
            others.end()
            cut_off.end()
            systems.stop()


def _slow_writes(systems: Systems) -> list[float]:
    """When each write arrived at a system; each takes a while there."""
    writes: list[float] = []

    def slow() -> None:
        if request.method != "GET" and not request.path.endswith("listRecords"):
            writes.append(time.monotonic())
            time.sleep(0.3)

    for sandbox in systems.sandboxes:
        sandbox.app.before_request(slow)
    return writes


def _leases_end(url: str) -> float:
    """The last lease's end on the monotonic clock."""
    engine = open_engine(url)
    with reading(engine) as conn:
        last = conn.scalar(text("SELECT max(lease_until) FROM connection"))
    engine.dispose()
    return time.monotonic() + (last.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() if last else 0.0
