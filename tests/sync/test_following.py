"""An imported record that follows the commons: by itself, when its people say so, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from hub.store.tables import Conflict, Link, UpdateQuestion
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
