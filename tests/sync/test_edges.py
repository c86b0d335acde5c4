"""Corners of the engine that the planner's oracle led to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.contract import Capabilities
from hub.store.tables import Conflict, Opportunity, Quarantine, Suggestion
from hub.sync import suggestions
from hub.sync.resolve import resolve
from tests.sync.conftest import Make, World, connection, share, tree


def test_what_two_people_add_to_a_list_reaches_both(pair: World) -> None:
    """The second one's record does not show the first one's item yet: the two agree only when it does."""
    share(pair, Themes=["Education"])
    pair.sync()
    (a,), (b,) = pair.rows("a"), pair.rows("b")
    a["Themes"], b["Themes"] = ["Education", "Health"], []
    pair.sync()
    assert a["Themes"] == b["Themes"] == ["Health"]
    assert pair.quiet() == 0


def _guarded(world: World, name: str) -> None:
    world.systems[name].can = replace(world.systems[name].can, guard="strong")


def test_a_value_that_nobody_could_read_is_not_written_over(make: Make) -> None:
    """A version guard lets the write pass, for the record did not change since it was read. It was read, and not understood."""
    role = {"relationship": {"field": "Role", "type": "choice", "values": {"peer": "Peer", "past_grantee": "Former"}}}
    trees = {"a": tree(fields=role), "b": tree(fields=role)}
    world = make(connection("a"), connection("b", imports=(), edits="accept"), trees=trees)
    _guarded(world, "b")
    share(world, Role="Peer")
    world.sync()
    world.rows("b")[0]["Role"] = "Mystery"
    world.sync()
    world.rows("a")[0]["Role"] = "Former"
    world.sync()
    assert world.rows("b")[0]["Role"] == "Mystery"
    world.rows("b")[0]["Role"] = "Peer"
    world.sync()
    assert world.rows("a")[0]["Role"] == world.rows("b")[0]["Role"] == "Former"


def test_a_field_set_aside_at_the_first_share_stays_so_until_someone_can_read_it(make: Make) -> None:
    role = {"relationship": {"field": "Role", "type": "choice", "values": {"peer": "Peer"}}}
    world = make(connection("a"), trees={"a": tree(fields=role)})
    id = share(world, Role="Mystery")
    for _ in range(3):
        world.sync()
        assert [(row.path, row.state) for row in world.table(Quarantine)] == [("relationship", "open")]
    world.systems["a"].rows[id]["Role"] = "Peer"
    world.sync()
    assert [row.state for row in world.table(Quarantine)] == ["released"]
    assert world.table(Opportunity)[0].facts["relationship"] == "peer"


def test_an_unknown_value_in_a_newly_mapped_field_is_not_written_over(make: Make) -> None:
    role = {"relationship": {"field": "Role", "type": "choice", "values": {"peer": "Peer", "past_grantee": "Former"}}}
    world = make(connection("a"), connection("b", imports=(), edits="accept"), trees={"a": tree(fields=role)})
    _guarded(world, "b")
    share(world, Role="Peer")
    world.sync()
    world.rows("b")[0]["Role"] = "Mystery"
    world.hub.trees["b"] = tree(fields=role)
    world.sync()
    world.rows("a")[0]["Title"] = "Deeper wells"
    world.sync()
    world.sync()
    assert world.rows("b")[0] | {"Role": "Mystery", "Title": "Deeper wells"} == world.rows("b")[0]


def test_a_base_that_a_new_mapping_reads_otherwise_is_not_what_someone_saw_beside_a_value_nobody_can_read(
    make: Make,
) -> None:
    """By the new words the old base says by chance what the commons says; the record never did."""

    def role(peer: str, former: str) -> dict[str, Any]:
        values = {"peer": peer, "past_grantee": former}
        return tree(fields={"relationship": {"field": "Role", "type": "choice", "values": values}})

    said = role("Peer", "Former")
    world = make(connection("a"), connection("b", imports=(), edits="accept"), trees={"a": said, "b": said})
    share(world, Role="Peer")
    world.sync()
    world.rows("b")[0]["Role"] = "Mystery"
    world.rows("a")[0]["Role"] = "Former"
    world.sync()
    world.hub.trees["b"] = role("Former", "Peer")
    world.sync()
    assert world.rows("b")[0]["Role"] == "Mystery"
    world.rows("b")[0]["Role"] = "Former"
    world.sync()
    assert world.rows("a")[0]["Role"] == "Former" and len(world.table(Conflict)) == 1
    assert world.table(Opportunity)[0].facts["relationship"] == "past_grantee"


def test_what_the_sender_typed_after_its_suggestion_is_suggested_again_not_written_over(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="suggest"))
    share(world)
    world.sync()
    world.rows("b")[0]["Summary"] = "Cleaner water"
    world.sync()
    world.rows("b")[0]["Summary"] = "Cleanest water"
    world.sync()
    (row,) = world.table(Suggestion)
    suggestions.send(world.hub, row.id, "u1")
    suggestions.accept(world.hub, row.id, "u2")
    world.sync()
    assert world.rows("a")[0]["Summary"] == row.value
    assert world.rows("b")[0]["Summary"] == "Cleanest water"


def test_an_edit_that_stays_local_is_no_party_to_the_stewards_conflict(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()), connection("c", member="a", shares=False, imports=()))
    share(world)
    world.sync()
    world.rows("a")[0]["Summary"], world.rows("c")[0]["Summary"] = "From A", "From C"
    world.sync()
    world.rows("b")[0]["Summary"] = "Our own words"
    world.sync()
    (conflict,) = world.table(Conflict)
    assert [p["connection"] for p in conflict.parties] == ["c"]
    resolve(world.hub, conflict.id, conflict.rev, "From both", "u1")
    world.sync()
    assert [world.rows(n)[0]["Summary"] for n in "abc"] == ["From both", "Our own words", "From both"]


def test_after_another_field_was_written_an_edit_that_waits_is_still_not_written_over(make: Make) -> None:
    """The read-back brought a new version, which vouched for columns that nobody had settled."""
    world = make(connection("a"), connection("b", imports=()), connection("c", member="a", shares=False, imports=()))
    _guarded(world, "b")
    share(world)
    world.sync()
    world.rows("a")[0]["Summary"], world.rows("c")[0]["Summary"] = "From A", "From C"
    world.sync()
    world.rows("b")[0]["Summary"], world.rows("a")[0]["Title"] = "Our own words", "Deeper wells"
    world.systems["b"].feed = True
    world.sync()
    assert world.rows("b")[0]["Title"] == "Deeper wells"
    (conflict,) = world.table(Conflict)
    resolve(world.hub, conflict.id, conflict.rev, "From both", "u1")
    world.sync()
    assert [world.rows(n)[0]["Summary"] for n in "abc"] == ["From both", "Our own words", "From both"]


def test_what_an_open_conflict_held_back_goes_out_when_it_settles_by_itself(make: Make) -> None:
    """A third system follows a feed of changes, so nothing else would have it looked at again."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"), connection("c", imports=()))
    world.systems["c"].can, world.systems["c"].feed = Capabilities(feed="token", batch=10, page=100), True
    share(world)
    world.sync()
    world.sync("c")
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "Wells of A", "Wells of B"
    world.sync("a")
    world.sync("b")
    world.sync("c")
    assert world.rows("c")[0]["Title"] == "Wells", "frozen while the two disagree"
    world.rows("b")[0]["Title"] = "Wells of A"
    world.sync("b")
    assert [row.state for row in world.table(Conflict)] == ["resolved"]
    world.sync("c")
    assert world.rows("c")[0]["Title"] == "Wells of A"
