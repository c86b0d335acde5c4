"""The disk fills up in the middle of a sync: it is said, nothing is lost or doubled, and the next sync goes on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from hub.jobs.lease import LEASE
from hub.store.tables import Link, Opportunity
from hub.sync import history
from hub.sync.run import NO_ROOM
from tests.sync.conftest import Make, World, connection, make, share  # noqa: F401

COUNT = 80


class Disk:
    """``room``: how many more pages the database may have than now; None for as many as it likes."""

    def __init__(self, world: World) -> None:
        self.engine = world.hub.engine
        self.limit = 0x7FFFFFFE
        event.listen(self.engine, "begin", self._apply)

    def _apply(self, connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={self.limit}")

    def leave(self, room: int | None) -> None:
        with self.engine.connect() as conn:
            pages = int(conn.scalar(text("PRAGMA page_count")) or 0)
        self.limit = 0x7FFFFFFE if room is None else pages + room


@pytest.fixture
def world(make: Make) -> World:  # noqa: F811
    world = make(connection("a"), connection("b", imports=()))
    if world.hub.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's own disk cannot be filled here.")
    world.sync()
    return world


ROOMS = [0, 1, 5, 10, 20, 40, 60, 90, 120]


@pytest.mark.parametrize("room", [r if r in (0, 40) else pytest.param(r, marks=pytest.mark.secure) for r in ROOMS])
def test_a_sync_that_finds_no_room_says_so_and_goes_on_later(
    world: World, room: int, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(COUNT):
        share(world, Title=f"Project {number}", Summary="Words " * 40)
    disk = Disk(world)
    disk.leave(room)
    results = [world.sync() for _ in range(3)]
    said = {result.message for round in results for result in round.values() if result.state == "failed"}
    assert said == {NO_ROOM} and "Traceback" not in caplog.text and "Words" not in caplog.text
    disk.leave(None)
    world.time.sleep(LEASE.total_seconds() * 2 + 3600)
    for _ in range(3):
        world.sync()
        world.time.sleep(3600)
    assert sorted(row["Title"] for row in world.rows("b")) == sorted(f"Project {n}" for n in range(COUNT))
    assert len(world.table(Opportunity)) == COUNT and len(world.table(Link)) == 2 * COUNT
    with world.hub.reading() as conn:
        assert history.disagreements(conn) == []
    assert world.quiet() == 0
