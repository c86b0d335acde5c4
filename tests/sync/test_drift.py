"""A system whose fields are no longer what the mapping was written for: nothing is read as cleared (I17)."""

from __future__ import annotations

from hub.jobs import due
from hub.store.tables import Connection, Link, Opportunity, Quarantine
from tests.sync.conftest import Make, World, connection, share

COLUMNS = dict.fromkeys(
    ("Title", "Summary", "Organisation", "Themes", "Ask", "Currency", "Stage", "Ours", "Show", "Status", "Gap",
     "Commons ID", "Share"), "text",
)  # fmt: skip


def described(make: Make) -> World:
    world = make(connection("a"), connection("b", imports=()))
    world.systems["a"].columns = dict(COLUMNS)
    share(world)
    world.sync()
    return world


def drop(world: World, column: str) -> None:
    del world.systems["a"].columns[column]
    for row in world.rows("a"):
        row.pop(column, None)


def test_a_field_that_was_removed_is_never_read_as_cleared(make: Make) -> None:
    world = described(make)
    drop(world, "Summary")
    world.systems["a"].columns["Summry"] = "text"
    result = world.sync()["a"]
    assert result.state == "failed"
    assert "no longer has “Summary” (summary), perhaps renamed to “Summry”" in result.message
    assert world.table(Opportunity)[0].facts["summary"] == "Clean water" == world.rows("b")[0]["Summary"]
    world.systems["a"].columns["Summary"] = "text"
    world.rows("a")[0]["Summary"] = "Clean water, soon"
    assert world.sync()["a"].state == "done" and world.rows("b")[0]["Summary"] == "Clean water, soon"


def test_a_blank_in_every_record_is_a_blank_where_the_field_is_there(make: Make) -> None:
    world = described(make)
    del world.rows("a")[0]["Summary"]
    world.sync()
    assert world.table(Opportunity)[0].facts["summary"] is None


def test_the_fields_are_asked_for_once_an_hour_and_not_at_every_run(make: Make) -> None:
    world = described(make)
    before = world.systems["a"].calls.count("describe")
    for _ in range(5):
        world.rows("a")[0] |= dict.fromkeys(COLUMNS.keys() - world.rows("a")[0].keys())
        world.sync("a")
    assert world.systems["a"].calls.count("describe") == before
    world.time.sleep(3600)
    world.sync("a")
    assert world.systems["a"].calls.count("describe") == before + 1


def test_a_field_of_another_type_waits_for_someone_to_go_on_with_it(make: Make) -> None:
    world = described(make)
    world.systems["a"].columns["Ask"] = "checkbox"
    world.time.sleep(3600)
    result = world.sync()["a"]
    assert result.state == "failed" and "“Ask” was text and is checkbox now" in result.message
    (row,) = [c for c in world.table(Connection) if c.id == "a"]
    assert row.state == "paused" and "resume" in row.reason
    due.resume(world.hub, "a", "u1")
    assert world.sync()["a"].state == "done"


def test_an_unknown_choice_sets_its_field_aside_and_not_its_record(make: Make) -> None:
    world = described(make)
    world.rows("a")[0] |= {"Stage": "Unheard of", "Title": "New words"}
    world.sync()
    (row,) = [q for q in world.table(Quarantine) if q.state == "open"]
    assert row.path == "commitment.stage" and world.rows("b")[0]["Title"] == "New words"
    assert {link.state for link in world.table(Link)} == {"linked"}
