"""A day of work in two systems and on the hub's pages, then yesterday's database: what the systems hold is what counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.contract import Capabilities
from hub.operations.backup import backup
from hub.store import connections
from hub.store.tables import Conflict, Deletion, Hold, MatchQuestion, User
from hub.sync import deletions, history, lookalikes
from hub.sync.clearing import KEPT
from hub.sync.resolve import resolve
from tests.operations.conftest import approve_all, database, go_back, row, settle, state
from tests.sync.conftest import Make, World, connection, make, share, tree  # noqa: F401
from tests.sync.test_inbox import ROW, look_for

TITLES = ("Wells", "Orchard", "Library", "Mill", "School", "Clinic")


@pytest.fixture
def world(make: Make) -> World:  # noqa: F811
    """a shares six projects, b has imported them, and about Clinic they disagree."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    for system in world.systems.values():
        system.proves = True
    for title in TITLES:
        share(world, Title=title)
    world.sync()
    row(world, "a", "Clinic")["Summary"] = "A's clinic"
    row(world, "b", "Clinic")["Summary"] = "B's clinic"
    world.sync()
    return world


def remove(world: World, name: str, title: str) -> None:
    rows = world.systems[name].rows
    del rows[next(id for id, one in rows.items() if one["Title"] == title)]


def decide(world: World, value: str) -> None:
    conflict = next(one for one in world.table(Conflict) if one.state == "open")
    resolve(world.hub, conflict.id, conflict.rev, value, "u")


def a_day(world: World) -> None:
    decide(world, "A's clinic")
    share(world, Title="Bakery")
    row(world, "a", "Wells")["Summary"] = "Clean water for six villages"
    row(world, "b", "Orchard")["Summary"] = "Two hundred trees"
    row(world, "a", "Wells").update(Stage="pledged", Ours=400, Show=True)
    row(world, "a", "School")["Summary"] = "A's school"
    row(world, "b", "School")["Summary"] = "B's school"
    remove(world, "b", "Mill")
    world.sync()
    decide(world, "B's school")
    row(world, "a", "Wells")["Summary"] = "Clean water for seven villages"
    for _ in range(3):
        world.sync()
    remove(world, "a", "Library")
    for _ in range(3):
        world.sync()
    (asked,) = [one for one in world.table(Deletion) if one.state == "open"]
    deletions.withdraw(world.hub, asked.id, "u")
    for _ in range(2):
        world.sync()
    assert world.quiet() == 0


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_yesterdays_database_deletes_doubles_and_overwrites_nothing(
    world: World, tmp_path: Path, order: tuple[str, str]
) -> None:
    backup(database(world), tmp_path / "yesterday")
    a_day(world)
    today = state(world)
    assert row(world, "b", "Library")["Status"] == "withdrawn" and row(world, "a", "School")["Summary"] == "B's school"
    assert len(today["a"]) == 6 and len(today["b"]) == 6

    go_back(world, tmp_path / "yesterday")
    for _ in range(3):
        for name in order:
            world.sync(name)
    assert state(world) == today  # nothing at all before somebody has looked
    listed = set()
    for _ in range(6):
        for name in order:
            world.sync(name)
        listed |= {
            (item["remote_id"], path) for hold in world.table(Hold) for item in hold.items for path in item["values"]
        }
        approve_all(world)
    shown = {column: path for path, column in (("status", "Status"), ("summary", "Summary"), ("totals.gap", "Gap"))}
    for name, rows in state(world).items():
        assert rows.keys() == today[name].keys()  # nothing deleted, nothing doubled
        for id, one in rows.items():
            moved = {column for column in one if one[column] != today[name][id].get(column)}
            assert {(id, shown[column]) for column in moved} <= listed  # a person saw it in the list, and let it go

    (asked,) = [one for one in world.table(Deletion) if one.state == "open"]
    deletions.withdraw(world.hub, asked.id, "u")  # decided once more, for the first time was lost
    settle(world)
    assert state(world) == today
    assert world.quiet() == 0
    with world.hub.reading() as conn:
        assert history.disagreements(conn) == []


def made_since(make: Make, key: bool) -> World:  # noqa: F811
    """b's system tells what changed only, and would make the same record twice."""
    keyless = tree()
    del keyless["key"]
    world = make(connection("a"), connection("b", imports=()), trees={} if key else {"b": keyless})
    world.systems["b"].feed = True
    world.systems["b"].can = Capabilities(batch=10, page=100)
    if not key:
        world.systems["b"].key = None
    share(world)
    world.sync()
    return world


def b_is_read_and_approved_before_a(world: World, tmp_path: Path) -> dict[str, dict[str, dict[str, object]]]:
    """Bakery was made in b after the backup; b's whole listing is read before the hub knows Bakery again, and b may write."""
    backup(database(world), tmp_path / "yesterday")
    share(world, Title="Bakery")
    for _ in range(2):
        world.sync()
    today = state(world)
    assert len(today["b"]) == 2
    go_back(world, tmp_path / "yesterday")
    world.sync("b")
    approve_all(world)
    with world.hub.writing() as conn:
        connections.change(conn, "b", approved=True)  # it had nothing to be held
    world.sync("a")
    approve_all(world)
    world.sync("a")
    return today


def test_a_record_made_since_is_looked_for_by_its_key_before_it_is_made(make: Make, tmp_path: Path) -> None:  # noqa: F811
    world = made_since(make, key=True)
    today = b_is_read_and_approved_before_a(world, tmp_path)
    world.sync("b")
    assert "find" in world.systems["b"].calls
    assert state(world) == today
    settle(world)
    assert state(world) == today and world.quiet() == 0


def test_where_no_key_is_kept_it_is_found_by_what_it_says(make: Make, tmp_path: Path) -> None:  # noqa: F811
    world = made_since(make, key=False)
    today = b_is_read_and_approved_before_a(world, tmp_path)
    settle(world)
    assert state(world) == today and world.quiet() == 0


def test_where_no_key_is_kept_and_it_was_edited_since_a_person_is_asked(make: Make, tmp_path: Path) -> None:  # noqa: F811
    world = made_since(make, key=False)
    backup(database(world), tmp_path / "yesterday")
    for title in ("Bakery", "Dam"):
        share(world, Title=title)
    for _ in range(2):
        world.sync()
    for title in ("Bakery", "Dam"):
        row(world, "b", title)["Summary"] = "Our own words"
    today = state(world)
    go_back(world, tmp_path / "yesterday")
    settle(world)
    assert state(world)["b"] == today["b"]
    bakery, dam = sorted((one for one in world.table(MatchQuestion) if one.state == "open"), key=lambda one: one.id)
    lookalikes.decide(world.hub, bakery.id, f"link:{bakery.candidates[0]['id']}", "u")
    lookalikes.decide(world.hub, dam.id, "create", "u")
    settle(world)
    assert len(world.rows("b")) == len(today["b"]) + 1 and world.quiet() == 0


def test_the_list_that_a_person_looks_at_makes_nothing_that_is_there(make: Make, tmp_path: Path) -> None:  # noqa: F811
    world = made_since(make, key=True)
    backup(database(world), tmp_path / "yesterday")
    share(world, Title="Bakery")
    for _ in range(2):
        world.sync()
    go_back(world, tmp_path / "yesterday")
    world.sync("b")  # its Bakery belongs to nothing yet
    settle(world, "a")
    world.sync("b")
    assert [item for hold in world.table(Hold) if hold.connection_id == "b" for item in hold.items] == []


def test_what_was_deleted_since_stands_in_the_list(world: World, tmp_path: Path) -> None:
    backup(database(world), tmp_path / "yesterday")
    remove(world, "a", "Orchard")
    world.systems["a"].deleted = ["r00002"]
    share(world, Title="Bakery")
    go_back(world, tmp_path / "yesterday")
    world.sync()
    (hold,) = [one for one in world.table(Hold) if one.connection_id == "a"]
    assert [item["title"] for item in hold.items if item["direction"] == "gone"] == ["Orchard"]


@pytest.mark.parametrize("late", [False, True])
def test_it_is_looked_for_as_long_as_any_connection_waits(make: Make, tmp_path: Path, late: bool) -> None:  # noqa: F811
    world = made_since(make, key=True)
    backup(database(world), tmp_path / "yesterday")
    share(world, Title="Bakery")
    for _ in range(3):
        world.sync()
    today = state(world)
    assert len(today["b"]) == 2
    go_back(world, tmp_path / "yesterday")
    with world.hub.writing() as conn:
        connections.change(
            conn, "b", approved=True, **({"restored_at": None} if late else {})
        )  # set up after the backup
    world.sync("b")
    world.time.sleep(40 * 24 * 3600)  # a waits for a person meanwhile
    world.sync("b")
    settle(world, "a")
    settle(world)
    assert state(world) == today


def test_no_row_leaves_an_inbox_before_somebody_has_looked(make: Make, tmp_path: Path) -> None:  # noqa: F811
    inbox = connection("b-inbox", "b", shares=False, inbox_for="b")
    world = make(connection("a"), connection("b"), inbox, trees={"b-inbox": ROW})
    with world.hub.writing() as conn:
        officer = User(id="u-b", member_id="b", email="b@b.example", name="B", password_hash="", roles=["officer"])
        conn.execute(User.__table__.insert(), officer.model_dump())  # type: ignore[attr-defined]
    look_for(world)
    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    backup(database(world), tmp_path / "yesterday")
    go_back(world, tmp_path / "yesterday")
    world.time.sleep(KEPT.total_seconds() + 3600)
    world.sync()
    world.sync()
    assert len(world.rows("b-inbox")) == 1
    with world.hub.writing() as conn:
        connections.change(conn, "b-inbox", approved=True)
    world.sync()
    assert world.rows("b-inbox") == []
