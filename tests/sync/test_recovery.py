"""An interrupted run is picked up where it stood, also where lists lag and where a system can hold no key."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import Ambiguous, Capabilities
from hub.store.tables import Audit, Conflict, Due, Intent, Link, MatchQuestion
from hub.sync import lookalikes
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share, tree


def keyless(make: Make) -> World:
    without = tree()
    del without["key"]
    world = make(connection("a"), connection("b", imports=()), trees={"b": without})
    world.systems["b"].key = None
    world.systems["b"].can = Capabilities(batch=10, upsert=False, key="none")
    return world


def lose_answer(world: World, when: str = "after") -> None:
    world.systems["b"].fault[f"create:{when}"] = [Ambiguous("the answer was lost")]
    assert world.sync()["b"].state == "incomplete"


def test_a_fresh_record_is_not_asked_for_before_lists_can_show_it_and_the_rest_goes_on(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    world.systems["b"].can = Capabilities(batch=10, upsert=False, find_lag=300)
    share(world)
    lose_answer(world)
    hidden = dict(world.systems["b"].rows)
    world.systems["b"].rows.clear()
    share(world, Title="Another")
    result = world.sync()["b"]
    assert result.state == "done" and result.counts["waiting"] == 1 and result.counts["pushed_new"] == 1
    world.time.sleep(500)
    assert world.sync()["b"].counts["waiting"] == 1, "a request that arrived late may be out of sight still"
    world.systems["b"].rows.update(hidden)
    world.time.sleep(60)
    assert world.sync()["b"].counts["recovered"] == 1
    assert sorted(row["Title"] for row in world.rows("b")) == ["Another", "Wells"] and world.quiet() == 0


def test_without_a_key_a_lost_create_is_found_by_what_it_says(make: Make) -> None:
    world = keyless(make)
    world.systems["b"].add(Title="Of their own")
    share(world)
    lose_answer(world)
    assert world.sync()["b"].counts["recovered"] == 1
    assert len(world.rows("b")) == 2 and world.quiet() == 0
    assert {row.state for row in world.table(Link)} == {"linked"}


def test_without_a_key_a_create_that_never_happened_is_made_once(make: Make) -> None:
    world = keyless(make)
    share(world)
    lose_answer(world, "before")
    world.sync()
    assert len(world.rows("b")) == 1 and world.quiet() == 0


@pytest.mark.parametrize("choice", ["link", "create"])
def test_without_a_key_and_with_several_that_could_be_it_a_person_is_asked(make: Make, choice: str) -> None:
    world = keyless(make)
    twin = {"Title": "Wells", "Summary": "Clean water", "Organisation": "Upper Valley Trust", "Ask": 1000}
    twin |= {"Currency": "USD", "Status": "published", "Gap": "USD 1,000"}
    world.systems["b"].add(**(twin if choice == "link" else {"Title": "Wells"}))
    share(world)
    lose_answer(world, "after" if choice == "link" else "before")
    there = len(world.rows("b"))
    assert world.sync()["b"].counts["questions"] == 1
    assert [intent.state for intent in world.table(Intent) if intent.action == "create"] == ["asked"]
    world.sync()
    assert len(world.rows("b")) == there, "nothing is made while the question is open"
    (question,) = world.table(MatchQuestion)
    assert len(question.candidates) == there
    answer = f"link:{question.candidates[0]['id']}" if choice == "link" else "create"
    with pytest.raises(ValueError, match="one of the records"):
        lookalikes.decide(world.hub, question.id, "link:r99999", "u1")
    lookalikes.decide(world.hub, question.id, answer, "u1")
    with pytest.raises(Moved):
        lookalikes.decide(world.hub, question.id, answer, "u1")
    world.sync()
    assert len(world.rows("b")) == 2 and {row.state for row in world.table(Link)} == {"linked"}
    assert world.quiet() == 0


def test_two_lost_creates_that_say_the_same_are_not_told_apart_by_guessing(make: Make) -> None:
    world = keyless(make)
    share(world)
    share(world)
    lose_answer(world)
    assert world.sync()["b"].counts["questions"] == 2 and len(world.rows("b")) == 2


def test_a_listing_that_lags_is_asked_again_before_anything_counts_as_a_change(make: Make) -> None:
    """The page shows the record as it was before the hub's own write; once that looked like somebody changing it back."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    world.systems["b"].can = Capabilities(batch=10, find_lag=300)
    share(world)
    world.sync()
    (id,) = world.systems["b"].rows
    old: dict[str, Any] = dict(world.systems["b"].rows[id])
    world.rows("a")[0]["Title"] = "Deeper wells"
    world.sync()
    world.systems["b"].stale = {id: old}
    world.sync()
    assert world.rows("a")[0]["Title"] == "Deeper wells" == world.rows("b")[0]["Title"]


# --- people go on while a worker is dead --------------------------------------


def test_an_edit_in_a_column_that_the_lost_create_had_not_sent_is_an_edit(pair: World) -> None:
    """The base of a recovered create took such a column as read back: the edit counted as agreed on, reached
    nobody, and came up as a conflict the next time somebody touched the field."""
    share(pair)
    pair.systems["b"].fault["create:after"] = [Ambiguous("the answer was lost")]
    pair.sync()
    pair.rows("b")[0]["Themes"] = ["Education"]
    pair.sync()
    assert pair.rows("a")[0]["Themes"] == ["Education"]
    assert pair.table(Conflict) == [] and pair.quiet() == 0


@pytest.mark.parametrize("call", ["create", "update"])
def test_what_changed_after_a_write_whose_answer_was_lost_is_still_due(pair: World, call: str) -> None:
    """Settling the lost write took away the due row, also where the commons had moved since: the copy stayed old."""
    id = share(pair)
    if call == "update":
        pair.sync()
        pair.systems["a"].rows[id]["Summary"] = "First"
    pair.systems["b"].fault[f"{call}:after"] = [Ambiguous("the answer was lost")]
    pair.sync()
    pair.systems["a"].rows[id]["Title"] = "Second"
    pair.sync()
    assert pair.rows("b")[0]["Title"] == "Second"
    assert pair.table(Due) == [] and pair.quiet() == 0


def test_a_write_that_was_delivered_twice_is_found_done_and_told(make: Make) -> None:
    """The second delivery met the version that the first had made, and the hub took its own write for somebody's edit."""
    world = make(connection("a"), connection("b", imports=(), edits="reset"))
    world.systems["b"].can = Capabilities(batch=10, guard="strong")
    share(world)
    world.sync()
    world.rows("b")[0]["Title"] = "Typed over"
    world.systems["b"].fault["update:twice"] = [True]
    world.sync()
    assert world.rows("b")[0]["Title"] == "Wells" and world.quiet() == 0
    told = [line.values for line in world.table(Audit) if line.action == "written there" and line.connection_id == "b"]
    assert {"title": ["Typed over", "Wells"]} in told


def test_what_a_lost_write_may_have_replaced_is_told(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="reset"))
    world.systems["b"].keep = lambda column, value: value.upper() if column == "Title" else value
    share(world)
    world.sync()
    world.rows("b")[0]["Title"] = "Typed over"
    world.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    world.sync()
    world.sync()
    assert "Typed over" in str([line.values for line in world.table(Audit) if line.direction == "out"])
    assert world.rows("b")[0]["Title"] == "WELLS" and world.quiet() == 0


def test_what_a_lost_write_may_have_replaced_is_told_though_the_record_is_gone_by_then(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="reset"))
    share(world)
    world.sync()
    (id,) = world.systems["b"].rows
    world.systems["b"].rows[id]["Title"] = "Typed over"
    world.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    world.sync()
    del world.systems["b"].rows[id]
    world.sync()
    told = [line.values for line in world.table(Audit) if line.action == "perhaps written there"]
    assert told == [{"Title": ["Typed over", "Wells"]}]


def test_what_a_feed_of_changes_left_out_is_found_a_week_later(make: Make) -> None:
    """A first list that came back empty, and a feed that never mentions those records again."""
    world = make(connection("a"))
    system = world.systems["a"]
    system.feed = True
    world.sync()
    share(world)
    for _ in range(3):
        world.time.sleep(86400)
        assert world.sync()["a"].counts.get("created", 0) == 0
    world.time.sleep(5 * 86400)
    assert world.sync()["a"].counts["created"] == 1
    world.time.sleep(86400)
    assert world.sync()["a"].counts.get("read", 0) == 0, "once a week, not with every run"
