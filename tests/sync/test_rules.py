"""“Always prefer this system for this field”: made from a conflict, tried on the past, audited, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from hub.store.tables import Audit, Conflict, Rule
from hub.sync import rules
from hub.sync.moved import Moved
from hub.sync.resolve import resolve
from tests.sync.conftest import Make, World, connection, share


def partners(make: Make) -> World:
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    share(world)
    world.sync()
    return world


def disagree(world: World, number: int) -> Any:
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = f"A {number}", f"B {number}"
    world.sync()
    return next((row for row in world.table(Conflict) if row.state == "open"), None)


def test_a_rule_says_what_it_would_have_decided_and_then_decides(make: Make) -> None:
    world = partners(make)
    for number in range(9):
        conflict = disagree(world, number)
        resolve(world.hub, conflict.id, conflict.rev, f"{'B' if number < 7 else 'A'} {number}", "u1")
        world.sync()
    conflict = disagree(world, 9)
    with world.hub.reading() as conn:
        trials = {trial.connection: trial for trial in rules.tried(conn, conflict, "a")}
    assert (trials["b"].like, trials["b"].of) == (7, 9) and (trials["a"].like, trials["a"].of) == (2, 9)
    resolve(world.hub, conflict.id, conflict.rev, "B 9", "u1", prefer=("a", "b"))
    world.sync()
    assert disagree(world, 10) is None
    assert world.rows("a")[0]["Title"] == "B 10" == world.rows("b")[0]["Title"] and world.quiet() == 0
    assert [line.note for line in world.table(Audit) if line.action == "rule made"] == ["title: b first."]


def test_a_rule_that_was_dropped_decides_no_more(make: Make) -> None:
    world = partners(make)
    conflict = disagree(world, 1)
    resolve(world.hub, conflict.id, conflict.rev, "A 1", "u1", prefer=("a", "a"))
    world.sync()
    assert disagree(world, 2) is None and world.rows("b")[0]["Title"] == "A 2"
    (rule,) = world.table(Rule)
    rules.drop(world.hub, rule.id, "u1")
    with pytest.raises(Moved):
        rules.drop(world.hub, rule.id, "u1")
    assert disagree(world, 3) is not None


def test_a_rule_of_one_member_decides_nothing_for_another(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"), connection("c"))
    world.systems["c"].add(Title="Of C", Summary="x", Organisation="Y", Share=True)
    share(world)
    world.sync()
    with world.hub.writing() as conn:
        rule = Rule(id="r1", member_id="c", path="title", connection_id="b", created_at=world.time.now())
        conn.execute(Rule.__table__.insert(), rule.model_dump())
    (row,) = [row for row in world.rows("b") if row["Title"] == "Wells"]
    world.rows("a")[0]["Title"], row["Title"] = "From A", "From B"
    world.sync()
    assert [c.path for c in world.table(Conflict)] == ["title"]


def test_the_ranking_of_the_configuration_wins_over_a_rule(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), edits="accept"), rules={"title": ("a", "b")})
    share(world)
    world.sync()
    with world.hub.writing() as conn:
        rule = Rule(id="r1", member_id="a", path="title", connection_id="b", created_at=world.time.now())
        conn.execute(Rule.__table__.insert(), rule.model_dump())
    assert disagree(world, 1) is None and world.rows("b")[0]["Title"] == "A 1"


def test_a_rule_prefers_a_system_that_the_conflict_is_about(make: Make) -> None:
    world = partners(make)
    conflict = disagree(world, 1)
    with pytest.raises(ValueError, match="no part"):
        resolve(world.hub, conflict.id, conflict.rev, "A 1", "u1", prefer=("a", "z"))
    assert world.table(Conflict)[0].state == "open" and world.table(Rule) == []


def test_what_was_not_chosen_is_kept_whole(make: Make) -> None:
    world = partners(make)
    conflict = disagree(world, 1)
    resolve(world.hub, conflict.id, conflict.rev, "Neither", "u1")
    (note,) = [line.note for line in world.table(Audit) if line.action == "resolved"]
    assert "A 1" in note and "B 1" in note


def test_a_conflict_over_one_members_commitment_freezes_no_other_members(make: Make) -> None:
    fields = {"commitment.amount": {"field": "Ours", "type": "money", "currency": {"field": "Currency"}}}
    from tests.sync.conftest import tree

    trees = {name: tree(fields=fields) for name in ("b", "b2", "c")}
    world = make(
        connection("a"), connection("b", imports=()), connection("b2", "b", imports=()), connection("c", imports=()),
        trees=trees,
    )  # fmt: skip
    share(world)
    world.sync()
    world.rows("b")[0]["Ours"], world.rows("b2")[0]["Ours"] = 5, 6
    world.sync()
    assert [c.path for c in world.table(Conflict)] == ["commitment.amount"]
    world.rows("c")[0] |= {"Ours": 7, "Stage": "pledged"}
    world.sync()
    from hub.store.tables import Commitment

    (own,) = [row for row in world.table(Commitment) if row.member_id == "c"]
    assert own.facts["commitment.amount"] == {"amount": "7", "currency": "USD"}
