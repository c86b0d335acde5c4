"""What broke off in the middle, or moved meanwhile, is taken up by the next run and lost nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import Ambiguous, Capabilities, Unavailable
from hub.store.tables import (
    Audit,
    Conflict,
    Due,
    Opportunity,
    Quarantine,
    Suggestion,
)
from hub.sync.resolve import resolve
from hub.sync.run import OneRun
from tests.sync.conftest import Make, World, connection, importer, share


def test_a_pull_that_broke_off_after_a_page_is_judged_by_the_next_run_and_everyone_hears_of_it(pair: World) -> None:
    """Its pages were stored and waited to be judged; but only runs whose process had died were taken over, so what a system had shown before it
    stopped answering stayed invisible for ever."""
    pair.systems["a"].can = Capabilities(page=1, upsert=True)
    for title in ("Wells", "Gardens"):
        share(pair, Title=title)
    pair.systems["a"].fault["list:before"] = [None, Unavailable("the second page failed")]
    assert pair.sync()["a"].state == "incomplete"
    assert pair.rows("b") == [], "not before somebody judged it"
    pair.sync()
    assert sorted(row["Title"] for row in pair.rows("b")) == ["Gardens", "Wells"]
    assert pair.quiet() == 0


def test_what_moved_between_reading_and_writing_reaches_everyone_with_the_next_sync(make: Make) -> None:
    """An edit found while writing was taken into the commons after its run had been judged. Nobody judged it later, so it
    held its opportunity back from every other member, for ever."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"), connection("c", imports=()))
    share(world)
    world.sync()
    world.rows("a")[0]["Title"] = "Deeper wells"
    a, b = OneRun(world.hub, "a", "test"), OneRun(world.hub, "b", "test")
    a.take_in()
    b.take_in()
    world.rows("b")[0] |= {"Title": "Deeper wells", "Summary": "From B, just now"}
    a.give_out()
    b.give_out()
    world.sync()
    assert [row["Summary"] for row in (*world.rows("a"), *world.rows("c"))] == ["From B, just now"] * 2
    assert world.quiet() == 0


def test_a_change_that_comes_while_an_earlier_one_is_being_written_is_written_too(pair: World) -> None:
    """Two workers: while b's record got the new title, a's new summary arrived. The end of b's write removed what was due,
    the summary with it, and b never heard of it."""
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Deeper wells"
    pair.sync("a")

    def meanwhile(column: str, value: Any) -> Any:
        if pair.rows("a")[0]["Summary"] != "Cleaner water":
            pair.rows("a")[0]["Summary"] = "Cleaner water"
            pair.sync("a")
        return value

    pair.systems["b"].keep = meanwhile
    pair.sync("b")
    pair.sync("b")
    assert pair.rows("b")[0]["Summary"] == "Cleaner water" and pair.quiet() == 0


def test_a_change_that_came_before_a_lost_answer_was_settled_is_written_too(pair: World) -> None:
    """Settling the lost write removed what was due, and with it a newer change of the same opportunity."""
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Deeper wells"
    pair.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    pair.sync()
    pair.rows("a")[0]["Summary"] = "Cleaner water"
    pair.sync("a")
    pair.sync("b")
    assert pair.rows("b")[0]["Summary"] == "Cleaner water" and pair.quiet() == 0


def test_what_a_recovered_write_replaced_is_in_the_audit(make: Make) -> None:
    """The line of a write whose answer was lost said that nothing had been there before."""
    world = importer(make, edits="reset")
    world.rows("b")[0]["Title"] = "Our words"
    world.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    world.sync()
    world.sync()
    assert world.rows("b")[0]["Title"] == "Wells"
    line = next(row for row in reversed(world.table(Audit)) if row.direction == "out")
    assert line.values == {"Title": ["Our words", "Wells"]}


def test_a_value_taken_back_after_its_write_was_not_answered_reaches_the_record(pair: World) -> None:
    """The lost write was settled, but the link still held the agreement of before it. As the commons was back at just that
    value, it seemed not to have moved, and the record kept the newer one for ever."""
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Deeper wells"
    pair.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    pair.sync()
    pair.rows("a")[0]["Title"] = "Wells"
    pair.sync("a")
    pair.sync("b")
    assert pair.rows("b")[0]["Title"] == "Wells" and pair.quiet() == 0


@pytest.mark.parametrize("guard", ["none", "strong"])
def test_a_record_that_is_not_shown_any_more_is_asked_for_ever_more_seldom(make: Make, guard: Any) -> None:
    """A write to a record that its system neither shows nor calls deleted was tried again with every sync, for ever."""
    world = importer(make)
    world.systems["b"].can = Capabilities(batch=10, upsert=True, guard=guard)
    world.sync()
    world.rows("a")[0]["Title"] = "Deeper wells"
    system = world.systems["b"]
    hidden, system.rows = system.rows, {}
    for _ in range(20):
        world.sync()
    (due,) = world.table(Due)
    assert 3 <= due.tries <= 6 and "does not show" in due.error
    system.rows = hidden
    world.time.sleep(7 * 3600)
    world.sync()
    assert world.rows("b")[0]["Title"] == "Deeper wells" and world.table(Due) == []


def test_what_is_ticked_again_before_it_is_complete_stays_withdrawn_until_it_is(make: Make) -> None:
    """It went back to being a draft, out of sight of those who held it: their copies said published for ever."""
    world = importer(make)
    world.rows("a")[0]["Share"] = False
    world.sync()
    world.rows("a")[0] |= {"Share": True, "Summary": None}
    world.sync()
    world.sync()
    assert world.table(Opportunity)[0].status == "withdrawn" == world.rows("b")[0]["Status"]
    world.rows("a")[0]["Summary"] = "Complete again"
    world.sync()
    assert world.rows("b")[0]["Status"] == "published" and world.quiet() == 0


def test_a_draft_that_is_unticked_is_shown_to_nobody_as_withdrawn(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    share(world, Summary=None)
    world.sync()
    world.rows("a")[0]["Share"] = False
    world.sync()
    assert world.table(Opportunity)[0].status == "draft"
    world.rows("a")[0]["Summary"] = "Complete, and not ticked"
    world.sync()
    assert world.table(Opportunity)[0].status == "draft" and world.rows("b") == []
    world.rows("a")[0]["Share"] = True
    world.sync()
    assert world.table(Opportunity)[0].status == "published" and len(world.rows("b")) == 1


def test_no_decision_leaves_an_opportunity_without_a_title(make: Make) -> None:
    world = importer(make, edits="accept")
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "From A", None
    world.sync()
    (conflict,) = world.table(Conflict)
    with pytest.raises(ValueError, match="needs a title"):
        resolve(world.hub, conflict.id, conflict.rev, None, "u1")
    assert world.table(Conflict)[0].state == "open" and world.table(Opportunity)[0].title == "From A"


def test_a_cleared_title_is_no_suggestion(make: Make) -> None:
    world = importer(make, edits="suggest")
    world.rows("b")[0]["Title"] = None
    world.sync()
    assert world.table(Suggestion) == []
    assert [row.path for row in world.table(Quarantine) if row.state == "open"] == ["title"]
