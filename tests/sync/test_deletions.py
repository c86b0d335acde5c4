"""What is gone in a system, and what is not: tombstones, late pages, edits against deletions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Secret
from hub.store.tables import Conflict, Deletion, Link, Opportunity
from hub.sync import deletions
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share


def pair(make: Make, **settings: Any) -> World:
    world = make(connection("a"), connection("b", imports=(), **settings))
    share(world)
    world.sync()
    return world


def delete(world: World, name: str) -> tuple[str, dict[str, Any]]:
    (id,) = world.systems[name].rows
    row = world.systems[name].rows.pop(id)
    world.systems[name].deleted = [id]
    return id, row


def state(world: World, name: str) -> str:
    (link,) = [row for row in world.table(Link) if row.connection_id == name]
    return str(link.state)


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_late_page_does_not_bring_a_deleted_record_back(make: Make, name: str) -> None:
    world = pair(make)
    system = world.systems[name]
    system.proves = True
    id, row = delete(world, name)
    world.sync()
    system.deleted, system.stale = [], {id: row}  # an old page of the listing shows it once more
    world.sync()
    world.sync()
    assert state(world, name) == "stopped" and world.table(Conflict) == []
    assert world.systems[name].rows == {} and world.quiet() == 0


def test_a_tombstone_and_a_late_page_in_one_listing_are_a_deletion(make: Make) -> None:
    world = pair(make)
    world.systems["a"].proves = True
    id, row = delete(world, "a")
    world.systems["a"].stale = {id: row}
    world.sync()
    assert state(world, "a") == "stopped" and world.table(Deletion)[0].state == "open"


def test_a_tombstone_for_a_record_that_is_there_is_no_deletion(make: Make) -> None:
    world = pair(make)
    (id,) = world.systems["a"].rows
    world.systems["a"].deleted = [id]
    world.sync()
    assert state(world, "a") == "linked" and world.table(Deletion)[0].state == "came_back"


def test_a_deletion_against_an_edit_elsewhere_is_a_question_that_says_so(make: Make) -> None:
    world = pair(make, edits="accept")
    world.rows("b")[0]["Title"] = "Edited by B"
    delete(world, "a")
    world.sync()
    (question,) = world.table(Deletion)
    with world.hub.reading() as conn:
        assert deletions.edited(conn, world.hub, question) == {"title": ["Wells", "Edited by B"]}
    assert world.table(Opportunity)[0].title == "Edited by B"


@pytest.mark.parametrize(("deletes", "status"), [("withdraw", "withdrawn"), ("keep", "published")])
def test_what_follows_from_a_deletion_can_be_said_once_and_for_all(make: Make, deletes: str, status: str) -> None:
    world = make(connection("a", deletes=deletes), connection("b", imports=()))
    share(world)
    world.sync()
    delete(world, "a")
    world.sync()
    assert world.table(Opportunity)[0].status == status == world.rows("b")[0]["Status"] and world.quiet() == 0
    assert [row.state for row in world.table(Deletion)] == ["withdrawn" if status == "withdrawn" else "kept"]


def test_edited_elsewhere_meanwhile_it_is_asked_about_all_the_same(make: Make) -> None:
    world = make(connection("a", deletes="withdraw"), connection("b", imports=(), edits="accept"))
    share(world)
    world.sync()
    world.rows("b")[0]["Title"] = "Edited by B"
    world.sync("b")
    delete(world, "a")
    world.sync()
    assert [row.state for row in world.table(Deletion)] == ["open"]


def test_a_deleted_record_can_be_made_anew_with_what_the_commons_has(make: Make) -> None:
    world = pair(make, edits="accept")
    world.rows("b")[0]["Title"] = "Edited by B"
    delete(world, "a")
    world.sync()
    world.systems["a"].deleted = []
    deletions.restore(world.hub, world.table(Deletion)[0].id, "u1")
    with pytest.raises(Moved):
        deletions.withdraw(world.hub, world.table(Deletion)[0].id, "u1")
    world.sync()
    (row,) = world.rows("a")
    assert row["Title"] == "Edited by B" and state(world, "a") == "linked" and world.quiet() == 0


def test_two_scans_that_did_not_see_alike_are_not_two_scans(make: Make) -> None:
    """A connection was given a narrower credential; what it cannot see any more is not missing."""
    world = pair(make)
    world.systems["b"].proves = True
    world.systems["b"].rows.clear()
    world.sync("b")
    config = world.hub.config.connections["b"]
    world.hub.config.connections["b"] = replace(config, options={"token": Secret("another")})  # type: ignore[index]
    world.sync("b")
    assert state(world, "b") == "linked"
    world.sync("b")
    assert state(world, "b") == "stopped"


def test_a_copy_that_the_steward_shares_takes_the_place_of_the_record_that_was_deleted(make: Make) -> None:
    """It carried the key of a record that was gone, so it was taken for an old follower's and nobody heard of it."""
    world = pair(make)
    _id, row = delete(world, "a")
    world.sync()
    assert state(world, "a") == "stopped"
    world.systems["a"].deleted = []
    world.systems["a"].add(**(row | {"Title": "From the copy"}))
    world.sync()
    assert state(world, "a") == "linked" and [d.state for d in world.table(Deletion)] == ["came_back"]
    (conflict,) = world.table(Conflict)
    assert conflict.path == "title" and len(world.table(Opportunity)) == 1


def test_a_commons_that_moved_while_a_record_was_away_is_written_when_it_is_back(make: Make) -> None:
    world = pair(make, edits="accept")
    id, row = delete(world, "a")
    world.sync()
    world.rows("b")[0]["Title"] = "Meanwhile"
    world.sync()
    world.systems["a"].deleted = []
    world.systems["a"].rows[id] = row
    world.sync()
    world.sync()
    assert world.rows("a")[0]["Title"] == "Meanwhile" and world.quiet() == 0
