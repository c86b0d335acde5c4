"""An imported record that follows the commons: by itself, when its people say so, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from hub.commons.imports import Choices, Refusal, pick
from hub.store import links
from hub.store.tables import Conflict, Link, MatchQuestion, Opportunity, UpdateQuestion
from hub.sync import following
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share


def imported(make: Make, follow: Any, edits: Any = "keep") -> World:
    world = make(connection("a"), connection("b", imports=(), follow=follow, edits=edits))
    share(world)
    world.sync()
    assert len(world.rows("b")) == 1
    return world


def copy(world: World) -> dict[str, Any]:
    return world.rows("b")[0]


def edit(world: World, **fields: Any) -> None:
    """The steward's edit, and two rounds for it to travel."""
    world.rows("a")[0].update(fields)
    world.sync()
    world.sync()


def asked(world: World) -> list[Any]:
    return [row for row in world.table(UpdateQuestion) if row.state == "open"]


def link(world: World) -> Any:
    return next(row for row in world.table(Link) if row.connection_id == "b")


def answer(world: World, choice: str) -> None:
    (row,) = asked(world)
    following.answer(world.hub, row.id, choice, row.rev, "u1")
    world.sync()


def test_who_does_not_follow_keeps_the_facts_and_still_sees_what_the_commons_says_of_it(make: Make) -> None:
    world = imported(make, "no")
    edit(world, Title="Wells, better", Ask=900)
    assert copy(world)["Title"] == "Wells" and copy(world)["Ask"] == 1000
    assert copy(world)["Gap"] == "USD 900"
    assert link(world).differs == {"title": "left", "ask.requested": "left"}
    assert asked(world) == [] and world.quiet() == 0
    edit(world, Share=False)
    assert copy(world)["Status"] == "withdrawn" and copy(world)["Title"] == "Wells"


def test_who_does_not_follow_is_still_read(make: Make) -> None:
    world = imported(make, "no")
    edit(world, Title="Wells, better")
    copy(world).update(Stage="pledged", Ours=250, Show=True)
    world.sync()
    world.sync()
    assert world.rows("a")[0]["Gap"] == "USD 750"
    assert copy(world)["Title"] == "Wells"


def test_what_changed_is_one_question_and_taken_values_are_written(make: Make) -> None:
    world = imported(make, "ask")
    assert asked(world) == []
    edit(world, Title="Wells, better")
    edit(world, Summary="Cleaner water")
    (question,) = asked(world)
    assert question.values == {"title": ["Wells", "Wells, better"], "summary": ["Clean water", "Cleaner water"]}
    assert link(world).differs == {"title": "asked", "summary": "asked"} and copy(world)["Title"] == "Wells"
    assert world.quiet() == 0
    answer(world, "take")
    assert copy(world)["Title"] == "Wells, better" and copy(world)["Summary"] == "Cleaner water"
    assert asked(world) == [] and not link(world).differs and world.quiet() == 0


def test_values_that_were_left_stay_away_until_they_change_again(make: Make) -> None:
    world = imported(make, "ask")
    edit(world, Title="Wells, better")
    answer(world, "leave")
    assert link(world).differs == {"title": "left"} and world.quiet() == 0
    edit(world, Summary="Cleaner water")
    assert list(asked(world)[0].values) == ["summary"]
    edit(world, Title="Wells, best")
    assert asked(world)[0].values["title"] == ["Wells", "Wells, best"]
    answer(world, "take")
    assert copy(world)["Title"] == "Wells, best"


def test_stop_asking_means_not_to_follow(make: Make) -> None:
    world = imported(make, "ask")
    edit(world, Title="Wells, better")
    answer(world, "stop")
    edit(world, Title="Wells, best")
    assert link(world).follow == "no" and link(world).differs == {"title": "left"}
    assert asked(world) == [] and copy(world)["Title"] == "Wells"


def test_an_answer_counts_for_what_was_shown_only(make: Make) -> None:
    world = imported(make, "ask")
    edit(world, Title="Wells, better")
    (seen,) = asked(world)
    edit(world, Title="Wells, best")
    with pytest.raises(Moved):
        following.answer(world.hub, seen.id, "take", seen.rev, "u1")
    (now,) = asked(world)
    world.rows("a")[0]["Title"] = "Wells, at last"  # behind the back of whoever is about to answer
    world.sync("a")
    following.answer(world.hub, now.id, "take", now.rev, "u1")
    world.sync()
    assert copy(world)["Title"] == "Wells", "nobody took this value"
    assert asked(world)[0].values == {"title": ["Wells", "Wells, at last"]}


def test_a_change_that_is_taken_back_is_no_question_any_more(make: Make) -> None:
    world = imported(make, "ask")
    edit(world, Title="Wells, better")
    edit(world, Title="Wells")
    assert asked(world) == [] and not link(world).differs


def test_choosing_to_follow_again_brings_everything_but_what_was_edited_there(make: Make) -> None:
    world = imported(make, "no")
    edit(world, Title="Wells, better", Summary="Cleaner water")
    copy(world)["Title"] = "Wells, ours"
    world.sync()
    assert link(world).differs == {"title": "keep", "summary": "left"}
    following.choose(world.hub, link(world), "yes", "u1")
    world.sync()
    assert copy(world)["Title"] == "Wells, ours" and copy(world)["Summary"] == "Cleaner water"
    assert link(world).differs == {"title": "keep"} and world.quiet() == 0


@pytest.mark.parametrize("follow", ["ask", "no"])
def test_a_partners_edit_of_what_moved_meanwhile_is_still_a_conflict(make: Make, follow: str) -> None:
    world = imported(make, follow, edits="accept")
    edit(world, Title="Wells, better")
    if follow == "ask":
        answer(world, "leave")
    copy(world)["Title"] = "Wells, says b"
    world.sync()
    assert [(row.path, row.state) for row in world.table(Conflict)] == [("title", "open")]
    assert world.rows("a")[0]["Title"] == "Wells, better" and copy(world)["Title"] == "Wells, says b"


def test_where_local_edits_are_put_right_they_are_so_when_its_people_say_so(make: Make) -> None:
    world = imported(make, "ask", edits="reset")
    copy(world)["Title"] = "Wells, ours"
    world.sync()
    assert asked(world)[0].values == {"title": ["Wells, ours", "Wells"]} and copy(world)["Title"] == "Wells, ours"
    copy(world)["Stage"] = "pledged"  # read again, and still a question
    world.sync()
    answer(world, "take")
    assert copy(world)["Title"] == "Wells" and not link(world).differs


# --- a record that is there already ---------------------------------------------


def by_hand(make: Make, **settings: Any) -> World:
    """b imports by hand, and has a row of its own."""
    world = make(connection("a"), connection("b", **settings))
    share(world)
    world.systems["b"].add(Title="Wells, ours", Stage="exploring")
    world.sync()
    return world


def join(world: World, record: str, follow: Any = "yes") -> None:
    (opportunity,) = world.table(Opportunity)
    pick(world.hub, opportunity.id, "b", "u1", Choices(follow=follow, record=record))


def test_a_record_that_is_this_project_gets_the_key_and_what_is_blank_and_keeps_its_words(make: Make) -> None:
    world = by_hand(make)
    join(world, "r00001")
    world.sync()
    (row,) = world.rows("b")
    assert row["Title"] == "Wells, ours" and row["Summary"] == "Clean water" and row["Status"] == "published"
    assert row["Commons ID"] == world.table(Opportunity)[0].id and link(world).differs == {"title": "keep"}
    assert world.quiet() == 0 and "create" not in world.systems["b"].calls


def test_of_a_trusted_partner_what_differs_at_first_sight_is_a_conflict(make: Make) -> None:
    world = by_hand(make, edits="accept")
    join(world, "r00001")
    world.sync()
    assert [row.path for row in world.table(Conflict)] == ["title"]
    assert copy(world)["Title"] == "Wells, ours" and world.rows("a")[0]["Title"] == "Wells"


def test_of_who_wants_to_be_asked_nothing_is_filled_in_without_an_answer(make: Make) -> None:
    world = by_hand(make)
    join(world, "r00001", follow="ask")
    world.sync()
    assert not copy(world).get("Summary") and copy(world)["Commons ID"]
    assert "summary" in asked(world)[0].values and "title" not in asked(world)[0].values
    answer(world, "take")
    assert copy(world)["Summary"] == "Clean water" and copy(world)["Title"] == "Wells, ours"


def test_a_record_that_became_another_opportunitys_meanwhile_is_asked_about_again(make: Make) -> None:
    world = by_hand(make)
    (opportunity,) = world.table(Opportunity)
    copy(world)["Share"] = True
    world.sync("b")
    assert len(world.table(Opportunity)) == 2
    with pytest.raises(Refusal):
        pick(world.hub, opportunity.id, "b", "u1", Choices(record="r00001"))
    with world.hub.writing() as conn:
        links.change(conn, link(world).id, remote_id="elsewhere")
    pick(world.hub, opportunity.id, "b", "u1", Choices(record="r00001"))
    with world.hub.writing() as conn:
        other = next(row for row in world.table(Link) if row.remote_id == "elsewhere")
        links.change(conn, other.id, remote_id="r00001")
    world.sync()
    assert [row.state for row in world.table(MatchQuestion)] == ["open"]
    assert len(world.rows("b")) == 1 and "create" not in world.systems["b"].calls
