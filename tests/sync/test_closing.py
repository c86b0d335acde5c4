"""A record that says it is over: its opportunity is closed, and goes on being followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.store.tables import Hold, Opportunity
from tests.sync.conftest import World, connection, share, tree

one_database = pytest.mark.parametrize("make", ["sqlite"], indirect=True)
"""What is decided without a word to the store is tried on one."""

CLOSED = {"field": "State", "equals": "over"}
OPEN = {"field": "State", "equals": ["soon", "open"]}


@pytest.fixture
def calls(make: Callable[..., World]) -> World:
    """a shares what is soon or open, and says when it is over; b imports everything."""
    return make(connection("a"), connection("b", imports=()), trees={"a": tree(share=OPEN, closed=CLOSED)})


def test_what_is_over_is_closed_elsewhere_is_followed_and_is_open_again_when_it_says_so(calls: World) -> None:
    share(calls, State="over", Title="Over before it was ever shared")
    share(calls, State="open")
    calls.sync()
    for number, (said, shown) in enumerate((("over", "closed"), ("soon", "published"), ("over", "closed"))):
        calls.rows("a")[1] |= {"State": said, "Summary": f"With it, edit {number}"}
        calls.sync()
        calls.rows("a")[1]["Title"] = f"After it, edit {number}"
        calls.sync()
        (copy,) = calls.rows("b")
        assert (copy["Status"], copy["Summary"], copy["Title"]) == (
            shown,
            f"With it, edit {number}",
            f"After it, edit {number}",
        )
    assert calls.quiet() == 0


@one_database
def test_what_is_neither_over_nor_ticked_is_withdrawn_before_and_after(calls: World) -> None:
    share(calls, State="open")
    calls.sync()
    for before in ("open", "over"):
        calls.rows("a")[0]["State"] = before
        calls.sync()
        calls.rows("a")[0]["State"] = "under review"
        calls.sync()
        assert calls.rows("b")[0]["Status"] == "withdrawn"
    calls.rows("a")[0]["State"] = "over"
    calls.sync()
    assert calls.rows("b")[0]["Status"] == "withdrawn", "what nobody offers is not closed either"


@one_database
def test_published_data_comes_in_closed_where_it_is_over(make: Callable[..., World]) -> None:
    trees = {"a": tree(share={"always": True}, closed=CLOSED)}
    world = make(connection("a"), connection("b", imports=()), trees=trees)
    share(world, State="over")
    world.sync()
    assert [row.status for row in world.table(Opportunity)] == ["closed"]
    world.rows("a")[0]["State"] = "open"
    world.sync()
    assert [row.status for row in world.table(Opportunity)] == ["published"]


@one_database
def test_what_is_open_again_before_it_is_complete_stays_closed_until_it_is(calls: World) -> None:
    share(calls, State="open")
    calls.sync()
    calls.rows("a")[0] |= {"State": "over", "Summary": None}
    calls.sync()
    calls.rows("a")[0]["State"] = "open"
    calls.sync()
    calls.sync()
    assert calls.rows("b")[0]["Status"] == "closed" == calls.table(Opportunity)[0].status
    calls.rows("a")[0]["Summary"] = "Complete again"
    calls.sync()
    assert calls.rows("b")[0]["Status"] == "published" and calls.quiet() == 0


@one_database
def test_a_draft_that_is_over_is_shown_to_nobody(calls: World) -> None:
    share(calls, State="open", Summary=None)
    calls.sync()
    calls.rows("a")[0]["State"] = "over"
    calls.sync()
    calls.rows("a")[0]["Summary"] = "Complete, and over"
    calls.sync()
    assert [row.status for row in calls.table(Opportunity)] == ["draft"] and calls.rows("b") == []


@one_database
def test_many_that_are_closed_at_once_wait_for_a_person(calls: World) -> None:
    for number in range(22):
        share(calls, Title=f"Call {number}", State="open")
    calls.sync()
    for row in calls.rows("a"):
        row["State"] = "over"
    result = calls.sync()["a"]
    (hold,) = calls.table(Hold)
    assert (result.state, hold.kind) == ("held", "closings") and "22 of 22" in hold.reason
    assert {row["Status"] for row in calls.rows("b")} == {"published"}


@one_database
def test_a_tick_for_what_is_over_counts_at_the_stewards_only(make: Callable[..., World]) -> None:
    ends = tree(share=OPEN, closed=CLOSED)
    world = make(connection("a"), connection("b", imports=(), shares=True), trees={"a": ends, "b": ends})
    share(world, State="open")
    world.sync()
    world.rows("b")[0]["State"] = "over"
    world.sync()
    opportunities: list[Any] = world.table(Opportunity)
    assert [row.status for row in opportunities] == ["published"]
