"""Unusually large changes wait for a person: with the exact list, the reason and what they have in common."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import Capabilities
from hub import crash
from hub.store import dues, opportunities
from hub.store.tables import Deletion, Due, Hold, Link, Opportunity, Pending, Run
from hub.sync import guards, history, holds, plan
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.moved import Moved
from hub.sync.run import OneRun
from tests.sync.conftest import Make, World, connection, share


def many(make: Make, count: int = 20, **settings: Any) -> World:
    world = make(connection("a"), connection("b", imports=(), **settings))
    for number in range(count):
        share(world, Title=f"Project {number:03}")
    world.sync()
    return world


def of(world: World, name: str) -> list[Link]:
    return [row for row in world.table(Link) if row.connection_id == name]


def waiting(world: World) -> Any:
    (hold,) = [row for row in world.table(Hold) if row.state == "waiting"]
    return hold


def cut_short(world: World, keep: int) -> None:
    """The listing ends after its first page, as if that were all."""
    rows = world.systems["b"].rows
    for id in sorted(rows)[keep:]:
        del rows[id]


def test_many_that_are_missing_at_once_are_held_with_what_they_have_in_common(make: Make) -> None:
    world = many(make, 100)
    world.systems["b"].can = Capabilities(batch=10, page=1, upsert=True)
    world.sync("b")
    cut_short(world, 1)
    world.sync("b")
    result = world.sync("b")["b"]
    assert result.state == "held" and result.counts["missing"] == 99
    hold = waiting(world)
    assert hold.kind == "deletions" and len(hold.items) == 99
    assert hold.diagnosis.startswith("All 99 missing records are on page 2 and later")
    assert {row.state for row in of(world, "b")} == {"linked"} and "get" not in world.systems["b"].calls[-3:]
    assert world.sync("b")["b"].state == "held"


def test_what_a_person_takes_for_a_mistake_is_taken_to_be_there(make: Make) -> None:
    world = many(make)
    gone = dict(world.systems["b"].rows)
    world.systems["b"].proves = True
    world.systems["b"].rows.clear()
    for _ in range(2):
        world.sync("b")
    assert "Not one of the 20 linked records" in waiting(world).diagnosis
    holds.reject(world.hub, waiting(world).id, "u1")
    world.systems["b"].rows.update(gone)
    world.rows("a")[0]["Title"] = "Later words"
    world.sync()
    assert {row.state for row in of(world, "b")} == {"linked"}
    assert "Later words" in [row["Title"] for row in world.rows("b")] and world.quiet() == 0


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_nobody_is_asked_twice_about_records_that_a_system_neither_shows_nor_calls_deleted(
    make: Make, answer: str
) -> None:
    world = many(make)
    rows = world.systems["b"].rows
    away = dict(list(rows.items())[:8])
    for id in away:
        del rows[id]
    for _ in range(2):
        world.sync("b")
    hold = waiting(world)
    if answer == "approve":
        holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    else:
        holds.reject(world.hub, hold.id, "u1")
    assert [world.sync("b")["b"].state for _ in range(6)] == ["done"] * 6
    assert {row.state for row in of(world, "b")} == {"linked"}
    rows.update(away)
    world.sync("b")
    for id in away:
        del rows[id]
    for _ in range(2):
        world.sync("b")
    assert len(waiting(world).items) == 8, "they were there again, and are missing anew"


def test_after_approval_each_missing_record_is_looked_at_and_only_the_gone_are_gone(make: Make) -> None:
    world = many(make)
    rows = world.systems["b"].rows
    away = dict(list(rows.items())[3:])
    world.systems["b"].proves = True
    for id in away:
        del rows[id]
    for _ in range(2):
        world.sync("b")
    hold = waiting(world)
    rows.update(list(away.items())[:2])  # two of them were only hidden
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    world.sync("b")
    states = sorted(row.state for row in of(world, "b"))
    assert states == ["linked"] * 5 + ["stopped"] * 15
    assert world.sync("b")["b"].state == "done" and world.quiet() == 0


def test_many_tombstones_at_once_are_held_and_a_few_are_not(make: Make) -> None:
    world = many(make)
    ids = sorted(world.systems["b"].rows)
    for id in ids[:3]:
        del world.systems["b"].rows[id]
        world.systems["b"].deleted.append(id)
    assert world.sync("b")["b"].state == "done"
    assert sorted(row.state for row in of(world, "b")) == ["linked"] * 17 + ["stopped"] * 3
    for id in ids[3:12]:
        del world.systems["b"].rows[id]
        world.systems["b"].deleted.append(id)
    assert world.sync("b")["b"].state == "held"
    hold = waiting(world)
    assert len(hold.items) == 9 and "the system itself says" in hold.diagnosis
    assert sum(row.state == "stopped" for row in of(world, "b")) == 3
    holds.reject(world.hub, hold.id, "u1")
    assert world.sync("b")["b"].state == "done", "the same tombstones, told again, are not asked about again"
    assert {row.state for row in world.table(Deletion)} == {"followed_no_more", "rejected"}


def test_what_a_system_told_and_a_person_approved_is_gone_though_no_look_can_prove_it(make: Make) -> None:
    world = many(make)
    ids = sorted(world.systems["b"].rows)[:9]
    for id in ids:
        del world.systems["b"].rows[id]
    world.systems["b"].deleted = list(ids)
    world.sync("b")
    hold = waiting(world)
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    world.systems["b"].rows[ids[0]] = dict(world.rows("b")[0], **{"Commons ID": of(world, "b")[0].opportunity_id})
    world.systems["b"].deleted = []
    assert world.sync("b")["b"].state == "done"
    gone = {row.remote_id for row in of(world, "b") if row.state == "stopped"}
    assert gone == set(ids[1:]), "and what was restored meanwhile is not"


def test_a_tombstone_for_what_a_person_approved_as_missing_is_the_word_that_was_waited_for(make: Make) -> None:
    world = many(make)
    ids = sorted(world.systems["b"].rows)[:9]
    for id in ids:
        del world.systems["b"].rows[id]
    world.sync("b")
    world.sync("b")
    hold = waiting(world)
    assert {item["action"] for item in hold.items} == {"not shown any more"}
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    world.systems["b"].deleted = list(ids)
    world.sync("b")
    assert {row.remote_id for row in of(world, "b") if row.state == "stopped"} == set(ids)


def test_a_rejected_push_leaves_alone_what_was_on_its_list_and_nothing_else(make: Make) -> None:
    world = many(make, 30)
    with world.hub.writing() as conn:
        for row in world.table(Opportunity)[:25]:
            opportunity = opportunities.load(conn, [row.id])[row.id]
            cause = Cause(world.hub.time.now(), "user:u1", "changed")
            history.change(conn, opportunity, {"summary": "New words"}, cause, origin={"user": "u1"})
            announce(conn, world.hub, opportunity)
    world.sync("b")
    hold = waiting(world)
    assert hold.kind == "overwrites_out"
    world.rows("a")[0]["Title"] = "Deep wells"
    world.time.sleep(60)
    world.sync("a")
    holds.reject(world.hub, hold.id, "u1")
    world.sync("b")
    assert "Deep wells" in [row["Title"] for row in world.rows("b")]
    assert "New words" not in [row["Summary"] for row in world.rows("b")]


def test_rejecting_restores_nothing_that_an_earlier_run_had_let_go(make: Make) -> None:
    """Its process died after its changes were judged and others had taken them over."""
    world = make(connection("a"), connection("b", imports=()))
    for number in range(30):
        share(world, Title=f"Project {number:03}")
    dead = OneRun(world.hub, "a", "test")
    dead.take_in()  # judged, and then its process dies
    world.sync("b")
    assert len(world.rows("b")) == 30
    world.time.sleep(300)
    for row in world.rows("a")[:25]:
        row["Summary"] = "Nonsense"
    assert world.sync("a")["a"].state == "held"
    assert len(waiting(world).items) == 25
    holds.reject(world.hub, waiting(world).id, "u1")
    assert {o.status for o in world.table(Opportunity)} == {"published"}
    assert {o.facts["summary"] for o in world.table(Opportunity)} == {"Clean water"}


def test_what_moved_while_a_run_wrote_is_judged_without_what_was_let_go_before(make: Make) -> None:
    """One run is judged twice where records moved between its reading and its writing."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"))
    world.systems["a"].can = Capabilities(batch=100, page=100, guard="strong")
    for number in range(30):
        share(world, Title=f"Project {number:03}")
    run = OneRun(world.hub, "a", "test")
    run.take_in()
    for row in world.rows("a")[:25]:
        row["Summary"] = "Nonsense"
    run.give_out()
    assert run.result.state == "held" and len(waiting(world).items) == 25
    holds.reject(world.hub, waiting(world).id, "u1")
    assert {o.status for o in world.table(Opportunity)} == {"published"}
    assert {o.facts["summary"] for o in world.table(Opportunity)} == {"Clean water"}


def test_a_held_run_whose_worker_died_before_its_end_is_ended_by_the_next(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = many(make, 30)
    for row in world.rows("a")[:25]:
        row["Summary"] = "Nonsense"

    class Died(BaseException):
        pass

    def point(name: str) -> None:
        if name == "run.ending":
            raise Died

    with monkeypatch.context() as patched:
        patched.setattr(crash, "point", point)
        with pytest.raises(Died):
            world.sync("a")
    run = world.table(Run)[-1]
    assert waiting(world).run_id == run.id and run.state == "running"
    assert world.sync("a")["a"].state == "held" and world.table(Run)[-1].state == "running", "it may still be at work"
    world.time.sleep(300)
    assert world.sync("a")["a"].state == "held" and world.table(Run)[-1].state == "held"


def test_what_was_taken_over_still_counts_after_the_run_that_took_it_over_died_as_well(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = many(make, 30)
    for row in world.rows("a")[:25]:
        row["Summary"] = "Nonsense"

    def dies(at: str) -> None:
        class Died(BaseException):
            pass

        def point(name: str) -> None:
            if name == at:
                raise Died

        with monkeypatch.context() as patched:
            patched.setattr(crash, "point", point)
            with pytest.raises(Died):
                world.sync("a")
        world.time.sleep(300)

    dies("run.pulled")
    dies("recover.taken_over")
    assert world.sync("a")["a"].state == "held"


def test_an_approval_is_for_the_plan_that_was_looked_at(make: Make) -> None:
    world = many(make, 30)
    for row in world.rows("a")[:25]:
        row["Title"] += " (2027)"
    world.sync()
    hold = waiting(world)
    assert hold.kind == "overwrites_in" and "All 25 change title" in hold.diagnosis
    with pytest.raises(Moved):
        holds.approve(world.hub, hold.id, "0" * 64, "u1")
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    assert world.sync()["b"].state == "held", "what came in approved still goes out only after a look"
    out = waiting(world)
    assert out.kind == "overwrites_out" and len(out.items) == 25
    holds.approve(world.hub, out.id, out.plan_hash, "u1")
    world.sync()
    assert sum(row["Title"].endswith("(2027)") for row in world.rows("b")) == 25 and world.quiet() == 0


def test_a_rejected_pull_is_restored_and_nobody_planned_it_meanwhile(make: Make) -> None:
    world = many(make, 30)
    world.rows("b")[0]["Stage"] = "pledged"
    world.sync()
    for row in world.rows("a")[:25]:
        row["Title"], row["Summary"] = "Nonsense", None
    world.sync()
    world.sync()
    assert "Nonsense" not in [row["Title"] for row in world.rows("b")]
    holds.reject(world.hub, waiting(world).id, "u1")
    world.sync()
    assert sorted(o.title for o in world.table(Opportunity)) == [f"Project {n:03}" for n in range(30)]
    assert all(o.facts["summary"] == "Clean water" for o in world.table(Opportunity))
    assert "Nonsense" not in [row["Title"] for row in world.rows("b")]
    assert world.table(Pending) == [] and world.quiet() == 0
    assert sum("title" in (row.differs or {}) for row in of(world, "a")) == 25


def test_the_list_of_a_hold_holds_what_a_dead_run_before_it_had_read(make: Make) -> None:
    world = many(make, 30)
    for row in world.rows("a")[:12]:
        row["Title"] += " (first)"
    dead = OneRun(world.hub, "a", "test")
    dead.take_in()  # and its process dies before it is judged
    with world.hub.writing() as conn:
        conn.execute(
            Run.__table__.update().where(Run.__table__.c.id == dead.result.run_id).values(state="running", judged_to=0)
        )
        conn.execute(Pending.__table__.insert(), [
            {"run_id": dead.result.run_id, "opportunity_id": o.id} for o in world.table(Opportunity)[:12]
        ])  # fmt: skip
    world.time.sleep(300)
    for row in world.rows("a")[12:24]:
        row["Title"] += " (second)"
    result = world.sync("a")["a"]
    assert result.state == "held" and len(waiting(world).items) == 24
    holds.reject(world.hub, waiting(world).id, "u1")
    assert sorted(o.title for o in world.table(Opportunity)) == [f"Project {n:03}" for n in range(30)]


@pytest.mark.parametrize(
    ("pages", "absent", "said"),
    [
        ({"a": 1, "b": 2, "c": 3}, ["b", "c"], "All 2 missing records are on page 2 and later"),
        ({"a": 1, "b": 1, "c": 2}, ["b", "c"], "2 records were not shown"),
        ({"a": 1, "b": 2}, ["a", "b"], "Not one of the 2"),
        ({"a": 1}, [], ""),
    ],
)
def test_a_diagnosis_says_where_the_missing_ones_were(pages: dict[str, int], absent: list[str], said: str) -> None:
    assert guards.diagnosis([], pages, absent).startswith(said)
    assert bool(guards.diagnosis([], pages, absent)) == bool(said)


def test_a_diagnosis_says_what_changes_have_in_common() -> None:
    def item(**values: Any) -> dict[str, Any]:
        return {"action": "changed", "values": {path: [1, after] for path, after in values.items()}}

    assert "would be cleared" in guards.diagnosis([item(title=None), item(title="")], {}, [])
    assert "All 2 change title" in guards.diagnosis([item(title="x"), item(title="y", summary="z")], {}, [])
    assert guards.diagnosis([item(title="x"), item(summary="y")], {}, []) == ""


def test_a_push_that_cannot_overwrite_unusually_much_is_planned_once(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[tuple[str, int]] = []
    page = plan.plan_page

    def watched(turn: Any, since: Any) -> Any:
        pages.append((turn.name, len(since)))
        return page(turn, since)

    monkeypatch.setattr(plan, "plan_page", watched)
    world = many(make, 100)
    assert [count for name, count in pages if name == "b"] == [100]
    pages.clear()
    for row in world.rows("a")[:30]:
        row["Summary"] = "New words"
    world.sync("a", "b")
    assert [count for name, count in pages if name == "b"] == [30]
    assert sum(row["Summary"] == "New words" for row in world.rows("b")) == 30


def test_one_more_than_may_be_overwritten_is_held_on_both_sides(make: Make) -> None:
    world = many(make, 100)
    for row in world.rows("a")[:31]:
        row["Summary"] = "New words"
    assert world.sync("a")["a"].state == "held"
    holds.approve(world.hub, waiting(world).id, waiting(world).plan_hash, "u1")
    assert world.sync("b")["b"].state == "held" and len(waiting(world).items) == 31
    assert {row["Summary"] for row in world.rows("b")} == {"Clean water"}


def test_who_imports_is_told_as_it_arrives_and_sees_it_when_it_was_judged(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(connection("a"), connection("b", imports=()), connection("c", imports=()))
    share(world)

    class Died(BaseException):
        pass

    def point(name: str) -> None:
        if name == "run.pulled":
            raise Died

    with monkeypatch.context() as dying:
        dying.setattr(crash, "point", point)
        with pytest.raises(Died):
            OneRun(world.hub, "a", "test").take_in()
    assert {row.connection_id for row in world.table(Due)} == {"a", "b", "c"} and len(world.table(Pending)) == 1
    world.sync("b")
    assert world.rows("b") == []
    with world.hub.writing() as conn:
        dues.done(conn, "c", [row.id for row in world.table(Opportunity)])  # as if no rule of c's had wanted it then
    world.time.sleep(300)
    world.sync("a", "b", "c")
    assert [len(world.rows(name)) for name in "abc"] == [1, 1, 1], "whoever goes on in its place tells all again"
