"""Systems that undo each other for ever: after three rounds a person is asked, and nobody writes any more (I3)."""

from __future__ import annotations

from hub.store.tables import Conflict, Link
from hub.sync import loops
from hub.sync.resolve import resolve
from tests.sync.conftest import Make, World, connection, share


def workflow(world: World, name: str, change: object) -> None:
    """A rule inside the system that rewrites titles some time after they were saved."""
    for row in world.rows(name):
        row["Title"] = change(row["Title"])  # type: ignore[operator]


def rounds(world: World, count: int) -> int:
    """How many of so many rounds wrote anything, with A shouting and B whispering after each."""
    wrote = 0
    for _ in range(count):
        before = world.writes()
        world.sync()
        wrote += world.writes() > before
        workflow(world, "a", str.upper)
        workflow(world, "b", str.lower)
    return wrote


def test_two_systems_that_rewrite_each_other_are_stopped_after_three_rounds(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    share(world)
    rounds(world, 10)
    assert rounds(world, 5) == 0
    (conflict,) = [row for row in world.table(Conflict) if row.state == "open"]
    assert conflict.path == "title"
    assert "three times running" in conflict.reason or "both sides" in conflict.reason


def test_a_system_that_alone_rewrites_what_it_was_given_is_stopped_too(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="reset"))
    share(world)
    for _ in range(10):
        world.sync()
        workflow(world, "b", str.lower)
    before = world.writes()
    for _ in range(4):
        world.sync()
        workflow(world, "b", str.lower)
    assert world.writes() == before
    link = next(row for row in world.table(Link) if row.connection_id == "b")
    assert link.differs == {"title": "loop"} and world.table(Conflict) == []
    world.rows("b")[0]["Title"] = "Wells"
    world.sync()
    assert next(row for row in world.table(Link) if row.connection_id == "b").differs == {}


def test_a_field_that_is_only_written_is_not_written_for_ever(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    for _ in range(8):
        world.sync()
        world.rows("b")[0]["Gap"] = "typed over"
    before = world.writes()
    world.sync()
    world.sync()
    assert world.writes() == before


def test_after_a_loop_was_resolved_ordinary_edits_go_on(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    share(world)
    rounds(world, 12)
    (conflict,) = [row for row in world.table(Conflict) if row.state == "open"]
    resolve(world.hub, conflict.id, conflict.rev, "Settled", "u1")
    world.sync()
    world.sync()
    assert world.rows("a")[0]["Title"] == "Settled" == world.rows("b")[0]["Title"]
    world.rows("b")[0]["Title"] = "An edit"
    world.sync()
    assert world.rows("a")[0]["Title"] == "An edit"


def test_a_change_long_after_the_write_is_an_ordinary_edit() -> None:
    kept = loops.wrote({}, ["title"], 5)
    assert loops.answered(kept, ["title"], 6) == {"title": [1, -6]}
    assert loops.answered({"title": [1, 5]}, ["title"], 20) == {"title": [0, 5]}
    assert loops.answered({"title": [1, -6]}, ["title"], 20) == {"title": [0, -6]}
    assert loops.looping({"title": [2, 5]}, 6) == {"title"} and not loops.looping({"title": [2, 5]}, 20)
    assert loops.answered({}, ["title"], 3) == {}


def test_edits_in_a_row_answer_one_write_and_are_no_loop(make: Make) -> None:
    """A copy was made, and its officer worked on it: the third save within three rounds was called a loop."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    share(world)
    world.sync()
    for title in ("One", "Two", "Three", "Four"):
        world.rows("b")[0]["Title"] = title
        world.sync()
        assert world.rows("a")[0]["Title"] == title
    assert world.table(Conflict) == []
