"""Who an opportunity is shared with: everyone, a circle of members, or members by name; one answer everywhere."""

from __future__ import annotations

import random

import pytest

from hub.commons.criteria import Criteria
from hub.commons.sharing import may_see
from hub.store import finding, opportunities
from hub.store.finding import Looking
from hub.store.tables import Link, Opportunity
from tests.sync.conftest import Make, World, connection, tree

CIRCLES = {"research": frozenset({"a", "b"}), "care": frozenset({"c"}), "nobody": frozenset[str]()}
PICKLIST = {
    "field": "Share with",
    "values": {"Research funders": "circle:research", "Everyone": "all", "Only C": "member:c"},
}


@pytest.fixture
def three(make: Make) -> World:
    """a shares by a picklist; b and c import all that they may see."""
    trees = {"a": tree(share=PICKLIST)}
    return make(connection("a"), connection("b", imports=()), connection("c", imports=()), trees=trees, circles=CIRCLES)


def share(world: World, with_: str | None) -> str:
    return world.systems["a"].add(
        Title="Wells", Summary="Clean water", Organisation="Upper Valley Trust", Ask=1000, Currency="USD",
        **{"Share with": with_},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "holders"),
    [("Research funders", ["a", "b"]), ("Everyone", ["a", "b", "c"]), ("Only C", ["a", "c"]), (None, []), ("?", [])],
)
def test_a_picklist_in_the_stewards_system_says_who_gets_it(
    three: World, choice: str | None, holders: list[str]
) -> None:
    share(three, choice)
    three.sync()
    three.sync()
    assert sorted(link.connection_id for link in three.table(Link)) == holders


def test_a_wider_audience_brings_it_to_those_who_are_new_in_it(three: World) -> None:
    id = share(three, "Research funders")
    three.sync()
    assert three.rows("c") == []
    three.systems["a"].rows[id]["Share with"] = "Everyone"
    three.sync()
    three.sync()
    assert len(three.rows("c")) == 1 and len(three.rows("b")) == 1


def test_a_copy_whose_member_is_left_out_later_says_withdrawn_and_learns_nothing_new(three: World) -> None:
    id = share(three, "Everyone")
    three.sync()
    three.sync()
    [copy] = three.rows("c")
    copy["Stage"] = "committed"
    three.systems["a"].rows[id] |= {"Share with": "Research funders", "Title": "Wells for B alone", "Ask": 777}
    three.sync()
    three.sync()
    [copy], [other] = three.rows("c"), three.rows("b")
    assert (copy["Status"], copy["Title"], copy["Ask"], copy["Stage"]) == ("withdrawn", "Wells", 1000, "committed")
    assert (other["Status"], other["Title"]) == ("published", "Wells for B alone")
    assert three.quiet() == 0
    copy["Title"] = "Ours now"
    three.sync()
    assert three.rows("c")[0]["Title"] == "Ours now" and three.rows("b")[0]["Title"] == "Wells for B alone"
    three.systems["a"].rows[id]["Share with"] = "Everyone"
    three.sync()
    three.sync()
    assert three.rows("c")[0]["Status"] == "published" and three.rows("c")[0]["Ask"] == 777


def test_an_edit_of_who_is_left_out_counts_no_more_even_where_its_edits_are_accepted(make: Make) -> None:
    partner = connection("c", imports=(), edits="accept")
    world = make(connection("a"), partner, trees={"a": tree(share=PICKLIST)}, circles=CIRCLES)
    id = share(world, "Everyone")
    world.sync()
    world.sync()
    world.systems["a"].rows[id]["Share with"] = "Research funders"
    world.sync()
    world.rows("c")[0]["Title"] = "Not theirs to say"
    world.sync()
    world.sync()
    assert world.rows("a")[0]["Title"] == "Wells"
    assert world.rows("c")[0]["Status"] == "withdrawn"


def test_a_list_of_the_store_shows_what_may_be_seen_and_nothing_else(three: World) -> None:
    chance = random.Random(5)
    words = ["all", "circle:research", "circle:care,research", "circle:nobody", "circle:unknown", "member:b",
             "member:bb,c", "member:b,c", "member:%", "nonsense", "all:b", "circle:", "member:"]  # fmt: skip
    now = three.hub.time.now()
    rows = [
        Opportunity(
            id=f"o{number:03}", number=number, kind="project", status=chance.choice(["draft", "published", "withdrawn"]),
            steward_id=chance.choice("abc"), audience=words[number % len(words)], title=f"Project {number}", facts={},
            origins={}, arriving=chance.choice([None, None, None, "run"]), created_at=now, updated_at=now,
        )
        for number in range(400)
    ]  # fmt: skip
    with three.hub.writing() as conn:
        opportunities.add(conn, *rows)
        for member in "abc":
            found, count = finding.page(conn, member, CIRCLES, Looking(Criteria()), 0, 1000)
            shown = {row.id for row in found}
            assert shown == {row.id for row in rows if may_see(row, member, CIRCLES)}
            assert 0 < count == len(shown) < 400
