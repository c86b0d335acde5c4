"""The inbox: what a saved search finds waits as light rows in the member's own system, and a tick there is enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.commons import searches, uptake
from hub.commons.criteria import Criteria
from hub.commons.uptake import Way
from hub.store.tables import Audit, Candidate, Link, User
from hub.sync.clearing import KEPT
from tests.sync.conftest import Make, World, connection, share, tree

ROW = {
    "system": "memory",
    "object": "rows",
    "key": "Commons ID",
    "take_up": {"field": "Take up", "equals": True},
    "not_for_us": {"field": "Not for us", "equals": True},
    "fields": {
        "title": {"field": "Title", "way": "out"},
        "totals.gap": {"field": "Gap", "way": "out", "type": "text"},
        "status": {"field": "Status", "way": "out", "type": "text"},
        "steward": {"field": "From", "way": "out"},
        "candidate.why": {"field": "Why", "way": "out"},
        "candidate.state": {"field": "State", "way": "out"},
    },
}
HEALTH = Criteria(themes=("health",))


@pytest.fixture
def world(make: Make) -> World:
    """a shares; b has a system, an inbox beside it, and looks for health."""
    inbox = connection("b-inbox", "b", shares=False, inbox_for="b")
    world = make(connection("a"), connection("b"), inbox, trees={"b-inbox": ROW})
    with world.hub.writing() as conn:
        officer = User(id="u-b", member_id="b", email="b@b.example", name="B", password_hash="", roles=["officer"])
        conn.execute(User.__table__.insert(), officer.model_dump())  # type: ignore[attr-defined]
    return world


def look_for(world: World, criteria: Criteria = HEALTH, name: str = "Our health work") -> str:
    return searches.save(world.hub, "b", name, criteria, "b-inbox", "u-b")


def only(world: World, name: str) -> dict[str, Any]:
    [row] = world.rows(name)
    return row


def test_what_a_saved_search_finds_is_in_the_inbox_after_one_round(world: World) -> None:
    look_for(world)
    share(world, Title="Clinic", Themes=["Health"])
    share(world, Title="School", Themes=["Education"])
    world.sync()
    row = only(world, "b-inbox")
    assert row["Title"] == "Clinic" and row["From"] == "Member A" and row["Gap"] == "USD 1,000"
    assert row["Why"] == "“Our health work”: Health" and row["State"] == "New"
    assert world.rows("b") == [], "nothing is imported by itself"
    assert world.quiet() == 0


def test_a_new_search_brings_what_is_shared_already(world: World) -> None:
    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    assert world.rows("b-inbox") == []
    look_for(world)
    world.sync()
    assert only(world, "b-inbox")["Title"] == "Clinic"


def test_ticking_take_up_imports_it_for_the_one_who_looked_for_it(world: World) -> None:
    look_for(world)
    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    only(world, "b-inbox")["Take up"] = True
    world.sync()
    assert only(world, "b")["Title"] == "Clinic"
    assert only(world, "b-inbox")["State"] == "Taken up: it is in b, or comes with its next sync"
    [copy] = [link for link in world.table(Link) if link.connection_id == "b"]
    assert copy.picked_by == "u-b"
    assert world.quiet() == 0
    only(world, "b-inbox")["Title"] = "typed over"
    world.sync()
    told = [line for line in world.table(Audit) if line.action == "taken up from the inbox"]
    assert len(told) == 1, "a tick is followed once, whatever else is typed into its row"


def test_an_edit_of_the_steward_reaches_the_row_and_what_is_typed_over_it_goes(world: World) -> None:
    look_for(world)
    id = share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    only(world, "b-inbox")["Title"] = "typed over"
    world.systems["a"].rows[id]["Title"] = "Clinic by the lake"
    world.sync()
    world.sync()
    assert only(world, "b-inbox")["Title"] == "Clinic by the lake"


def test_not_for_us_takes_it_away_for_good(world: World) -> None:
    look_for(world)
    id = share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    only(world, "b-inbox")["Not for us"] = True
    world.sync()
    assert world.rows("b-inbox") == [] and world.rows("b") == []
    world.systems["a"].rows[id]["Title"] = "Clinic by the lake"
    world.sync()
    world.sync()
    assert world.rows("b-inbox") == []
    assert only(world, "a")["Title"] == "Clinic by the lake", "the steward's record is nobody else's to touch"


def test_a_row_that_nobody_touches_leaves_after_thirty_days_and_one_that_is_ticked_at_the_last_moment_counts(
    world: World,
) -> None:
    look_for(world)
    share(world, Title="Clinic", Themes=["Health"])
    share(world, Title="Ward", Themes=["Health"])
    world.sync()
    world.time.sleep((KEPT - timedelta(hours=1)).total_seconds())
    world.sync()
    assert len(world.rows("b-inbox")) == 2
    world.time.sleep(7200)
    system = world.systems["b-inbox"]

    def ticked_after_the_pull() -> None:
        next(row for row in system.rows.values() if row["Title"] == "Ward")["Take up"] = True

    system.fault["get:before"] = [ticked_after_the_pull]
    world.sync()
    assert [row["Title"] for row in world.rows("b-inbox")] == ["Ward"]
    states = {row.opportunity_id: row.state for row in world.table(Candidate)}
    assert sorted(states.values()) == ["retired", "taken_up"]
    world.sync()
    assert only(world, "b")["Title"] == "Ward"


def test_a_withdrawn_candidate_says_so_and_cannot_be_taken_up(world: World) -> None:
    look_for(world)
    id = share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    world.systems["a"].rows[id]["Share"] = False
    world.sync()
    assert only(world, "b-inbox")["Status"] == "withdrawn", "and stays where it is"
    only(world, "b-inbox")["Take up"] = True
    world.sync()
    assert world.rows("b") == []
    assert only(world, "b-inbox")["State"].startswith("Not taken up: “Clinic” is withdrawn")


def test_clearing_out_an_inbox_by_hand_holds_nothing_up_and_brings_nothing_back(world: World) -> None:
    look_for(world)
    for number in range(30):
        share(world, Title=f"Clinic {number}", Themes=["Health"])
    world.sync()
    world.systems["b-inbox"].rows.clear()
    for _ in range(3):
        assert world.sync()["b-inbox"].state == "done"
    assert world.rows("b-inbox") == []


def test_what_is_in_the_members_own_system_is_no_candidate(world: World) -> None:
    from hub.commons.imports import pick

    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    [link] = world.table(Link)
    pick(world.hub, link.opportunity_id, "b", "u-b")
    look_for(world)
    world.sync()
    assert len(world.rows("b")) == 1 and world.rows("b-inbox") == []


def test_what_is_imported_by_another_way_says_so_in_its_row(world: World) -> None:
    from hub.commons.imports import pick

    look_for(world)
    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    pick(world.hub, world.table(Candidate)[0].opportunity_id, "b", "u-b")
    world.sync()
    world.sync()
    assert only(world, "b-inbox")["State"] == "Taken up: it is in b, or comes with its next sync"
    only(world, "b-inbox")["Take up"] = True
    world.sync()
    assert len(world.rows("b")) == 1 and world.quiet() == 0


def test_what_a_rule_imports_is_no_candidate(make: Make) -> None:
    rule = (Criteria(themes=("education",)),)
    inbox = connection("b-inbox", "b", shares=False, inbox_for="b")
    world = make(connection("a"), connection("b", imports=rule), inbox, trees={"b-inbox": ROW})
    look_for(world, Criteria())
    id = share(world, Title="Clinic", Themes=["Health"])
    share(world, Title="School", Themes=["Education"])
    world.sync()
    world.sync()
    assert only(world, "b")["Title"] == "School" and only(world, "b-inbox")["Title"] == "Clinic"
    world.systems["a"].rows[id]["Themes"] = ["Health", "Education"]
    world.sync()
    world.sync()
    assert len(world.rows("b")) == 2 and only(world, "b-inbox")["State"].startswith("Taken up")


def test_what_its_member_may_not_see_never_reaches_an_inbox(make: Make) -> None:
    inbox = connection("b-inbox", "b", shares=False, inbox_for="b")
    named = {"field": "Share with", "values": {"Us": "member:c", "All": "all"}}
    world = make(
        connection("a"), connection("b"), connection("c"), inbox, trees={"b-inbox": ROW, "a": tree(share=named)}
    )
    searches.save(world.hub, "b", "everything", Criteria(), "b-inbox", "u-b")
    id = world.systems["a"].add(Title="Clinic", Summary="s", Organisation="o", Share_with="Us", Ask=1, Currency="USD")
    world.sync()
    world.sync()
    assert world.rows("b-inbox") == [] and world.table(Candidate) == []
    world.systems["a"].rows[id]["Share with"] = "All"
    world.sync()
    world.sync()
    assert only(world, "b-inbox")["Title"] == "Clinic"


def test_nobody_finds_what_it_shares_itself(make: Make) -> None:
    inbox = connection("b-inbox", "b", shares=False, inbox_for="b")
    world = make(connection("b"), connection("b2", "b"), inbox, trees={"b-inbox": ROW})
    look_for(world)
    share(world, "b2", Title="Clinic", Themes=["Health"])
    world.sync()
    world.sync()
    assert world.rows("b-inbox") == []


def test_a_dropped_search_finds_nothing_more(world: World) -> None:
    id = look_for(world)
    searches.drop(world.hub, id, "b", "user:u-b")
    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    world.sync()
    assert world.rows("b-inbox") == []


def test_a_row_is_no_copy_of_an_opportunity_and_an_answer_in_it_says_that_it_was_opened(world: World) -> None:
    look_for(world)
    share(world, Title="Clinic", Themes=["Health"])
    world.sync()
    [shown] = ways(world)
    assert (shown.steps["taken_up"], shown.steps["opened"]) == ({}, {})
    only(world, "b-inbox")["Take up"] = True
    world.sync()
    [answered] = ways(world)
    assert answered.steps["taken_up"].keys() == answered.steps["opened"].keys() == {"b"}


def ways(world: World) -> list[Way]:
    with world.hub.reading() as conn:
        return list(uptake.ways(conn, {}, None))
