"""The feed of changes on both databases: nothing is passed by, whatever order lines become visible in."""

from __future__ import annotations

from datetime import timedelta

from hub.commons import feed
from hub.store import feed as lines
from tests.sync.conftest import World, connection, make, share

__all__ = ["make"]


def read(world: World, member: str, after: int) -> tuple[list[str], int]:
    def settled(conn):  # type: ignore[no-untyped-def]
        if conn.dialect.name == "sqlite":
            return None
        return lines.first_since(conn, world.time.now() - timedelta(seconds=120))

    with world.hub.reading() as conn:
        found = feed.read(conn, member, {}, after, 100, settled)
        return [change.id for change in found.changes], found.keep


def test_a_change_is_read_from_then_on_once_it_is_settled_and_held_ones_when_they_are_judged(make) -> None:  # type: ignore[no-untyped-def]
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    world.sync()
    world.time.sleep(300)
    [first], keep = read(world, "b", 0)
    assert read(world, "b", keep) == ([], keep)
    world.systems["a"].rows["r00001"]["Summary"] = "new"
    world.sync("a")
    changed, soon = read(world, "b", keep)
    assert changed == [first] and read(world, "b", soon)[0] in ([], [first])
    world.time.sleep(300)
    _again, later = read(world, "b", soon)
    assert read(world, "b", later) == ([], later)
    with world.hub.writing() as conn:
        conn.exec_driver_sql(f"INSERT INTO pending (run_id, opportunity_id) VALUES ('r', '{first}')")
    waiting, held = read(world, "b", 0)
    assert waiting == [] and held < later
    with world.hub.writing() as conn:
        conn.exec_driver_sql("DELETE FROM pending")
    assert read(world, "b", held)[0] == [first]
