"""Yesterday's database meets today's systems: nothing is doubled, deleted or written over."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.operations import backup as operations
from hub.operations.backup import BackupError, backup
from hub.store import restored
from hub.sync import history
from tests.operations.conftest import approve_all, database, go_back, row, settle, state
from tests.sync.conftest import Make, World, connection, make, share  # noqa: F401


@pytest.fixture
def world(make: Make) -> World:  # noqa: F811
    """a shares, b imports everything; b's rows carry the key."""
    world = make(connection("a"), connection("b", imports=()))
    for title in ("Wells", "Orchard", "Library"):
        share(world, Title=title)
    world.sync()
    return world


def test_what_happened_since_the_backup_is_read_and_nothing_is_doubled_or_deleted(world: World, tmp_path: Path) -> None:
    backup(database(world), tmp_path / "yesterday")
    share(world, Title="Bakery")  # created in both systems since
    row(world, "a", "Wells")["Summary"] = "Clean water for six villages"  # edited, and passed on
    row(world, "a", "Library")["Share"] = False  # withdrawn
    world.sync()
    today, titles = state(world), sorted(str(r["Title"]) for r in world.rows("b"))
    assert titles == ["Bakery", "Library", "Orchard", "Wells"]
    assert row(world, "b", "Wells")["Summary"] == "Clean water for six villages"

    go_back(world, tmp_path / "yesterday")
    world.sync()
    assert state(world) == today  # nothing before somebody has looked
    settle(world)
    assert state(world) == today  # and nothing after: the systems were right
    assert world.quiet() == 0
    with world.hub.reading() as conn:
        assert history.disagreements(conn) == []
        kept = {one["facts"]["title"]: one for one in history.stored(conn).values()}
    assert kept["Wells"]["facts"]["summary"] == "Clean water for six villages"
    assert kept["Library"]["status"] == "withdrawn" and kept["Bakery"]["status"] == "published"


def test_a_record_that_was_deleted_since_is_held_and_its_copies_stay(world: World, tmp_path: Path) -> None:
    backup(database(world), tmp_path / "yesterday")
    gone = next(id for id, row in world.systems["a"].rows.items() if row["Title"] == "Orchard")
    del world.systems["a"].rows[gone]
    there = state(world)["b"]
    go_back(world, tmp_path / "yesterday")
    settle(world)
    assert state(world)["b"] == there and gone not in world.systems["a"].rows


def test_an_edit_that_was_on_its_way_at_the_backup_does_not_overwrite_a_newer_one(world: World, tmp_path: Path) -> None:
    row(world, "a", "Wells")["Summary"] = "second"
    world.sync("a")  # in the commons, not yet with b
    backup(database(world), tmp_path / "yesterday")
    world.sync()
    row(world, "a", "Wells")["Summary"] = "third"
    world.sync()
    assert row(world, "b", "Wells")["Summary"] == "third"
    go_back(world, tmp_path / "yesterday")
    settle(world)
    assert row(world, "a", "Wells")["Summary"] == row(world, "b", "Wells")["Summary"] == "third"


def test_a_restored_hub_reads_everything_and_writes_nothing_unseen(world: World, tmp_path: Path) -> None:
    backup(database(world), tmp_path / "yesterday")
    go_back(world, tmp_path / "yesterday")
    for one in world.table(restored.Row):
        assert one.restored_at and not one.approved and one.reread_at is None and one.fence > restored.GAP
    share(world, Title="Bakery")
    before = world.writes()
    assert {r.state for r in world.sync().values()} >= {"held"}
    assert world.writes() == before


def test_who_read_the_feed_after_the_backup_reads_everything_anew(world: World, tmp_path: Path) -> None:
    backup(database(world), tmp_path / "yesterday")
    with world.hub.reading() as conn:
        then = conn.scalar(select(restored.audit.t.c.id).order_by(restored.audit.t.c.id.desc()).limit(1))
    share(world, Title="Bakery")
    world.sync()
    go_back(world, tmp_path / "yesterday")
    with world.hub.reading() as conn:
        assert not restored.lost(conn, then) and restored.lost(conn, then + 1) and not restored.lost(conn, 0)


def test_a_backup_is_for_its_owner_only_and_never_half(world: World, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    backup(database(world), target)
    assert target.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupError, match="there already"):
        backup(database(world), target)
    with pytest.raises(BackupError):
        backup(database(world), tmp_path / "no such folder" / "backup")
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []


def test_what_is_no_backup_leaves_the_database_as_it_was(world: World, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"no database" * 500)
    before = world.table(restored.Row)
    with pytest.raises(BackupError):
        operations.restore(database(world), broken, world.time.now())
    if world.hub.engine.dialect.name == "sqlite":
        other = tmp_path / "other"
        sqlite3.connect(other).execute("CREATE TABLE x (y)")
        with pytest.raises(BackupError, match="not a whole database"):
            operations.restore(database(world), other, world.time.now())
    assert world.table(restored.Row) == before


def test_a_record_that_was_created_since_is_found_by_its_key_whoever_is_read_first(
    world: World, tmp_path: Path
) -> None:
    backup(database(world), tmp_path / "yesterday")
    share(world, Title="Bakery")
    world.sync()
    today = state(world)
    go_back(world, tmp_path / "yesterday")
    world.sync("b")  # its copy of Bakery belongs to nothing that the hub knows yet, and is passed over
    world.sync("a")
    approve_all(world)
    world.sync("a")
    settle(world)
    assert state(world) == today
