"""The same project shared by two members: who is asked, who is not, and how two come to agree."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hub.commons import duplicates, likeness
from hub.commons.imports import Refusal
from hub.store import likeness as keyed
from hub.store import opportunities
from hub.store.tables import Audit, Duplicate, LikenessDue, LikenessKey, Opportunity
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share, tree

NUMBERED = {"organization.identifiers.GB-CHC": "Number", "summary": "Summary"}


def town(make: Make, *more: Any, **config: Any) -> World:
    """a and b share; c imports all that it may see."""
    chosen = (connection("a"), connection("b"), connection("c", imports=()), *more)
    return make(*chosen, trees={c.name: tree(fields=NUMBERED) for c in chosen}, **config)


def twins(make: Make, **config: Any) -> World:
    world = town(make, **config)
    share(world, "a", Title="Wells for the upper valley", Number="1234567")
    world.sync()
    share(world, "b", Title="Wells in the Upper Valley", Number="1234567")
    world.sync()
    return world


def of(world: World, member: str) -> Any:
    return next(row for row in world.table(Opportunity) if row.steward_id == member)


def asked(world: World, member: str) -> list[duplicates.Pair]:
    with world.hub.reading() as conn:
        return duplicates.asked(conn, world.hub, member)


def pair(world: World, member: str) -> duplicates.Pair:
    (found,) = asked(world, member)
    return found


def change(world: World, member: str, **values: Any) -> None:
    with world.hub.writing() as conn:
        opportunities.change(conn, of(world, member).id, **values)


def test_both_stewards_are_asked_and_nobody_else(make: Make) -> None:
    world = twins(make)
    assert (pair(world, "a").other.steward_id, pair(world, "b").other.steward_id) == ("b", "a")
    assert asked(world, "c") == []
    assert pair(world, "a").row.survivor_id == of(world, "a").id, "the older is proposed to stay"
    before = world.table(Duplicate)
    world.sync()
    assert world.table(Duplicate) == before and world.quiet() == 0


def test_what_one_of_them_calls_different_is_never_asked_again(make: Make) -> None:
    world = twins(make)
    duplicates.different(world.hub, pair(world, "b").row.id, "u2", "b")
    world.rows("a")[0]["Title"] = "Wells for the upper valleys"
    world.sync()
    assert asked(world, "a") == asked(world, "b") == []
    assert [row.state for row in world.table(Duplicate)] == ["different"]
    (line,) = [line for line in world.table(Audit) if line.action == "not the same"]
    assert line.actor == "user:u2" and line.member_id == "b"


def test_titles_that_part_end_the_question_and_meet_again_put_it_anew(make: Make) -> None:
    world = twins(make)
    world.rows("b")[0]["Title"] = "Bicycles"
    world.sync()
    assert asked(world, "a") == []
    world.rows("b")[0]["Title"] = "Wells for the upper valley"
    world.sync()
    assert len(asked(world, "a")) == 1 == len(world.table(Duplicate))


@pytest.mark.parametrize(
    ("of_a", "of_b", "told"),
    [("all", "all", True), ("member:b", "member:a", True), ("circle:ab", "member:a", True), ("all", "member:a,c", True),
     ("member:c", "all", False), ("all", "member:c", False), ("member:c", "member:c", False), ("circle:none", "all", False)],
)  # fmt: skip
def test_nobody_hears_of_what_it_may_not_see(make: Make, of_a: str, of_b: str, told: bool) -> None:
    world = town(make, circles={"ab": frozenset("ab"), "none": frozenset()})
    share(world, "a", Title="Wells for the upper valley", Number="1234567")
    share(world, "b", Title="Wells in the Upper Valley", Number="1234567")
    for name, audience in (("a", of_a), ("b", of_b)):
        world.sync(name)
        change(world, name, audience=audience)
    with world.hub.writing() as conn:
        conn.execute(Duplicate.__table__.delete())
        for name in "ab":
            keyed.look_at(conn, conn.scalars(select(opportunities.t.c.id).where(opportunities.t.c.steward_id == name)))
    duplicates.look(world.hub)
    assert (len(asked(world, "a")), len(asked(world, "b"))) == ((1, 1) if told else (0, 0))
    assert len(world.table(Duplicate)) == told


@pytest.mark.parametrize("away", [{"audience": "member:c"}, {"status": "withdrawn"}, {"status": "draft"}])
def test_a_question_is_out_of_sight_when_one_of_the_two_is(make: Make, away: dict[str, str]) -> None:
    world = twins(make)
    row = pair(world, "a").row
    seen = pair(world, "b").seen
    change(world, "a", **away)
    assert asked(world, "a") == asked(world, "b") == []
    for member in "ab":
        with pytest.raises(LookupError):
            duplicates.agree(world.hub, row.id, row.survivor_id, seen, "u", member)
        with pytest.raises(LookupError):
            duplicates.different(world.hub, row.id, "u", member)


def test_what_a_run_brought_is_not_asked_about_before_it_is_judged(make: Make) -> None:
    world = make(connection("a"), connection("b", first_sync="preview"), trees={n: tree(fields=NUMBERED) for n in "ab"})
    share(world, "a", Number="1234567")
    share(world, "b", Number="1234567")
    world.sync()
    assert of(world, "b").arriving and world.table(Duplicate) == []
    assert [row.opportunity_id for row in world.table(LikenessDue)] == [of(world, "b").id], "it waits its turn"


def test_one_member_is_not_asked_about_two_of_its_own(make: Make) -> None:
    world = town(make)
    for title in ("Wells for the upper valley", "Wells in the Upper Valley"):
        share(world, "a", Title=title, Number="1234567")
    world.sync()
    assert world.table(Duplicate) == []


def test_both_have_to_agree_to_the_same(make: Make) -> None:
    world = twins(make)
    id, older, newer = pair(world, "a").row.id, of(world, "a").id, of(world, "b").id
    seen = pair(world, "a").seen
    assert not duplicates.agree(world.hub, id, older, seen, "u1", "a")
    assert not duplicates.agree(world.hub, id, older, seen, "u1", "a"), "twice the same one is one"
    assert not duplicates.agree(world.hub, id, newer, seen, "u2", "b"), "another proposal, and a's turn again"
    assert not duplicates.agree(world.hub, id, older, seen, "u1", "a")
    assert duplicates.agree(world.hub, id, older, seen, "u2", "b")
    for member in "ab":
        with pytest.raises(Moved):
            duplicates.different(world.hub, id, "u", member)


def test_an_agreement_is_to_what_was_looked_at(make: Make) -> None:
    world = twins(make)
    id, older, seen = pair(world, "a").row.id, of(world, "a").id, pair(world, "a").seen
    duplicates.agree(world.hub, id, older, seen, "u1", "a")
    world.rows("a")[0]["Ask"] = 5000
    world.sync()
    with pytest.raises(Moved):
        duplicates.agree(world.hub, id, older, seen, "u2", "b")
    assert not duplicates.agree(world.hub, id, older, pair(world, "b").seen, "u2", "b"), "a has not seen that"
    assert duplicates.agree(world.hub, id, older, pair(world, "a").seen, "u1", "a")


def test_what_is_not_shared_with_the_same_members_is_not_merged(make: Make) -> None:
    world = twins(make)
    change(world, "b", audience="member:a")
    found = pair(world, "a")
    with pytest.raises(Refusal, match="same members"):
        duplicates.agree(world.hub, found.row.id, found.own.id, found.seen, "u1", "a")
    change(world, "a", audience="member:b")
    assert pair(world, "a").aligned, "each with the other's steward, and nobody else"


def test_others_have_no_part_in_it(make: Make) -> None:
    world = twins(make)
    found = pair(world, "a")
    for act in (lambda: duplicates.different(world.hub, found.row.id, "u", "c"),
                lambda: duplicates.agree(world.hub, found.row.id, found.own.id, found.seen, "u", "c"),
                lambda: duplicates.agree(world.hub, found.row.id, "another", found.seen, "u", "a")):  # fmt: skip
        with pytest.raises(LookupError):
            act()
    assert world.table(Duplicate)[0].state == "open"


def test_keys_are_those_of_the_facts_after_every_change(make: Make) -> None:
    world = twins(make)
    world.rows("a")[0] |= {"Title": "Bicycles on the river", "Summary": "Young people repair them " * 8}
    world.sync()
    share(world, "b", Title="A third", Number="7654321")
    world.sync()
    kept: dict[str, set[str]] = {}
    for row in world.table(LikenessKey):
        kept.setdefault(row.opportunity_id, set()).add(row.key)
    assert kept == {row.id: likeness.keys(row.facts) for row in world.table(Opportunity)}
    assert world.table(LikenessDue) == []


def test_a_key_that_everybody_has_is_not_followed(make: Make) -> None:
    world = twins(make)
    with world.hub.writing() as conn:
        id = of(world, "a").id
        keys = likeness.keys(of(world, "a").facts)
        assert keyed.sharing(conn, id, keys, 10) == [of(world, "b").id]
        now = world.time.now()
        for number in range(keyed.COMMON):
            row = Opportunity(
                id=f"x{number}", number=-number - 1, kind="project", status="draft", steward_id="a", title="x", facts={},
                origins={}, created_at=now, updated_at=now,
            )  # fmt: skip
            opportunities.add(conn, row)
            keyed.keep(conn, row.id, keys)
        assert keyed.sharing(conn, id, keys, 10) == []
