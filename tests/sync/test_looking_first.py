"""What is unusual waits until a person has looked; what the person rejects leaves no trace."""

from __future__ import annotations

import pytest

from hub.store.tables import (
    Hold,
    Link,
    Opportunity,
    Run,
)
from hub.sync import holds
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share


def test_a_first_sync_writes_nothing_before_someone_looked(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), first_sync="preview"))
    share(world)
    result = world.sync()["b"]
    assert result.state == "held" and world.systems["b"].writes() == 0
    (hold,) = world.table(Hold)
    assert hold.kind == "first_sync" and [i["title"] for i in hold.items] == ["Wells"]
    assert world.sync()["b"].state == "held"
    with pytest.raises(Moved):
        holds.approve(world.hub, hold.id, "another plan", "u1")
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    assert world.sync()["b"].state == "done"
    assert len(world.rows("b")) == 1 and world.quiet() == 0


def test_a_first_sync_that_shares_is_seen_by_nobody_until_it_is_approved(make: Make) -> None:
    world = make(connection("a", first_sync="preview"), connection("b", imports=()))
    share(world)
    world.sync()
    world.sync()
    assert world.rows("b") == [] and world.systems["a"].writes() == 0
    (hold,) = [h for h in world.table(Hold) if h.state == "waiting"]
    assert {i["direction"] for i in hold.items} == {"in", "out"}
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    world.sync()
    assert [row["Title"] for row in world.rows("b")] == ["Wells"]


def test_a_rejected_first_sync_leaves_no_trace(make: Make) -> None:
    world = make(connection("a", first_sync="preview"), connection("b", imports=()))
    share(world)
    world.sync()
    holds.reject(world.hub, world.table(Hold)[0].id, "u1")
    assert world.table(Opportunity) == [] and world.table(Link) == []
    assert world.sync()["b"].state == "done" and world.rows("b") == []


def many(world: World, count: int) -> None:
    for number in range(count):
        share(world, Title=f"Project {number}")
    world.sync()


def test_a_pull_that_changes_unusually_much_is_held_and_nobody_plans_it(pair: World) -> None:
    many(pair, 40)
    for row in pair.rows("a")[:30]:
        row["Title"] += " changed"
    assert pair.sync()["a"].state == "held"
    assert not any("changed" in row["Title"] for row in pair.rows("b"))
    (hold,) = pair.table(Hold)
    assert hold.kind == "overwrites_in" and len(hold.items) == 30
    holds.approve(pair.hub, hold.id, hold.plan_hash, "u1")
    assert pair.sync()["b"].state == "held", "what it means for b's own records is for b's people to look at"
    hold = next(h for h in pair.table(Hold) if h.state == "waiting")
    holds.approve(pair.hub, hold.id, hold.plan_hash, "u2")
    pair.sync()
    assert sum("changed" in row["Title"] for row in pair.rows("b")) == 30


def test_rejecting_a_held_pull_restores_the_commons_from_history(pair: World) -> None:
    many(pair, 40)
    before = {o.id: o.title for o in pair.table(Opportunity)}
    for row in pair.rows("a")[:30]:
        row["Title"] = "garbage"
    pair.sync()
    holds.reject(pair.hub, pair.table(Hold)[0].id, "u1")
    assert {o.id: o.title for o in pair.table(Opportunity)} == before
    pair.sync()
    assert not any(row["Title"] == "garbage" for row in pair.rows("b"))
    assert sum(row["Title"] == "garbage" for row in pair.rows("a")) == 30, "their own records are theirs"


def test_un_ticking_many_at_once_is_held(pair: World) -> None:
    many(pair, 40)
    for row in pair.rows("a")[:10]:
        row["Share"] = False
    assert pair.sync()["a"].state == "held"
    assert {row["Status"] for row in pair.rows("b")} == {"published"}


def test_a_push_that_overwrites_unusually_much_is_held_and_goes_after_approval(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()), connection("c", "c", imports=()))
    many(world, 25)
    world.systems["c"].calls.clear()
    with world.hub.writing() as conn:
        from hub.store import dues, opportunities

        for o in opportunities.load(conn, [o.id for o in world.table(Opportunity)]).values():
            opportunities.change(conn, o.id, facts=o.facts | {"title": o.title + "!"}, title=o.title + "!", version=9)
            dues.add(conn, ["c"], o.id, world.time.now())
    assert world.sync("c")["c"].state == "held" and world.systems["c"].writes() == 0
    (hold,) = world.table(Hold)
    assert hold.kind == "overwrites_out" and len(hold.items) == 25
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    assert world.sync("c")["c"].state == "done"
    assert all(row["Title"].endswith("!") for row in world.rows("c"))


def test_a_dry_run_decides_everything_and_changes_nothing(pair: World) -> None:
    share(pair)
    results = pair.sync(dry_run=True)
    assert results["a"].counts["created"] == 1
    assert [item["title"] for item in results["b"].plan] == ["Wells"]
    assert pair.table(Opportunity) == [] and pair.table(Run) == [] and pair.writes() == 0
