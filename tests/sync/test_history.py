"""The audit tells everything that moved: replaying it gives the commons, and any value can be had back."""

from __future__ import annotations

from typing import Any

import pytest

from hub.store.tables import Audit, Conflict, Hold, Link, Opportunity, Suggestion
from hub.sync import history, holds, restore, suggestions
from hub.sync.history import disagreements
from hub.sync.moved import Moved
from hub.sync.resolve import resolve
from tests.sync.conftest import Make, World, connection, share


def told_as_stored(world: World) -> None:
    with world.hub.reading() as conn:
        assert disagreements(conn) == []
        assert history.stored(conn) != {}


def conflict_of(world: World) -> Any:
    return next(row for row in world.table(Conflict) if row.state == "open")


def test_replaying_the_audit_gives_the_commons(make: Make) -> None:
    world = make(
        connection("a"), connection("b", imports=(), edits="accept"), connection("c", imports=(), edits="suggest")
    )
    share(world, Themes=["Health"], Stage="committed", Ours=100, Show=True)
    share(world, Title="Second", Summary=None)
    world.sync()
    told_as_stored(world)
    world.rows("a")[1]["Summary"] = "Now it can be published"
    world.rows("b")[0] |= {"Title": "B's words", "Stage": "pledged", "Ours": 5}
    world.rows("c")[0]["Summary"] = "C's words"
    world.sync()
    (waiting,) = world.table(Suggestion)
    suggestions.send(world.hub, waiting.id, "u1")
    suggestions.accept(world.hub, waiting.id, "u2")
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "From A", "From B"
    world.sync()
    conflict = conflict_of(world)
    resolve(world.hub, conflict.id, conflict.rev, "From neither", "u1")
    world.rows("a")[0]["Share"] = False
    world.sync()
    told_as_stored(world)
    with world.hub.writing() as conn:
        conn.execute(Opportunity.__table__.update().values(audience="member:b"))
    with world.hub.reading() as conn:
        assert len(disagreements(conn)) == 2, "what moved without a line is found"


def test_a_rejected_first_sync_is_told_as_never_having_been(make: Make) -> None:
    world = make(connection("a", first_sync="preview"), connection("b"))
    share(world)
    share(world, "b", Title="Of B")
    world.sync()
    (hold,) = world.table(Hold)
    holds.reject(world.hub, hold.id, "u1")
    told_as_stored(world)
    assert [o.title for o in world.table(Opportunity)] == ["Of B"]


def test_a_value_from_history_comes_back_as_an_ordinary_edit(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    world.sync()
    world.rows("a")[0]["Title"] = "A slip of the pen"
    world.sync()
    line = next(r for r in world.table(Audit) if r.moves and "title" in (r.values or {}) and r.action == "changed")
    assert restore.preview(world.hub, line.id, "title") == ("A slip of the pen", "Wells")
    restore.restore(world.hub, line.id, "title", "u1", "a")
    world.sync()
    assert world.rows("a")[0]["Title"] == "Wells" == world.rows("b")[0]["Title"]
    assert world.quiet() == 0
    told_as_stored(world)
    assert world.table(Opportunity)[0].origins["title"]["user"] == "u1"
    with pytest.raises(Moved):
        restore.restore(world.hub, line.id, "title", "u1", "a")


def test_only_the_member_whose_value_it_is_restores_it(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    world.sync()
    world.rows("a")[0]["Title"] = "Other"
    world.rows("b")[0]["Stage"] = "pledged"
    world.sync()
    world.rows("b")[0]["Stage"] = "paid"
    world.sync()
    title = next(r for r in world.table(Audit) if r.moves and "title" in r.values and r.action == "changed")
    stage = next(r for r in world.table(Audit) if r.moves and (r.values.get("commitment.stage") or [0, 0])[1] == "paid")
    for line, path, member in ((title, "title", "b"), (stage, "commitment.stage", "a"), (title, "summary", "a")):
        with pytest.raises(PermissionError):
            restore.restore(world.hub, line.id, path, "u1", member)


def test_a_restored_value_does_not_override_an_open_conflict(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    share(world)
    world.sync()
    world.rows("a")[0]["Title"] = "Once"
    world.sync()
    line = next(r for r in world.table(Audit) if r.moves and "title" in (r.values or {}) and r.action == "changed")
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "From A", "From B"
    world.sync()
    with pytest.raises(Moved, match="conflict"):
        restore.restore(world.hub, line.id, "title", "u1", "a")
    assert {row.state for row in world.table(Link)} == {"linked"}
