"""How far comes what is shared: what counts, on both databases, and what cannot be read out of the numbers."""

from __future__ import annotations

from datetime import date, timedelta

from hub.commons import opening, positions, uptake
from hub.commons.uptake import Way
from hub.store import opportunities
from hub.store.tables import Opportunity
from hub.sync import history
from hub.sync.history import Cause, New
from tests.sync.conftest import World, connection, make, share

__all__ = ["make"]
DAY = 86_400


def table(world: World, reader: str | None = None) -> uptake.Table:
    with world.hub.reading() as conn:
        return uptake.table(uptake.ways(conn, world.hub.config.circles, reader))


def rows(world: World) -> list[Opportunity]:
    with world.hub.reading() as conn:
        ids = [row.id for row in conn.execute(opportunities.t.select())]
        return sorted(opportunities.peek(conn, ids).values(), key=lambda row: row.title)


def pledge(world: World, id: str, member: str, visibility: str = "anonymous") -> None:
    said = {"commitment.stage": "pledged", "commitment.visibility": visibility}
    positions.state(world.hub, id, member, said, "u")


def test_what_was_shared_is_followed_to_the_pledge_with_the_days_between(make) -> None:  # type: ignore[no-untyped-def]
    world = make(connection("a"), *(connection(name, imports=(), shares=False) for name in "bcd"))
    for number in range(6):
        share(world, Title=f"Wells {number}")
    world.sync("a")
    shared = rows(world)
    world.time.sleep(2 * DAY)
    for row in shared[:5]:
        for member in ("b", "c", "d", "a"):
            opening.noted(world.hub, row, member)  # its own steward's looking says nothing
    world.time.sleep(3 * DAY)
    world.sync()
    world.time.sleep(4 * DAY)
    for row, member in zip(shared, "bcdbcd", strict=True):
        pledge(world, row.id, member)
    pledge(world, shared[0].id, "b", "hidden")  # it was one, and others may not know of it any more
    total = table(world).total
    assert total is not None and total.shared == 6
    reached = {step: (found.number, found.days) for step, found in total.steps.items()}
    assert reached == {"opened": (5, 2), "taken_up": (6, 3), "pledged": (5, 4)}


def test_a_hidden_position_a_row_of_an_inbox_and_what_is_no_more_than_a_draft_count_nowhere(make) -> None:  # type: ignore[no-untyped-def]
    world = make(connection("a"), *(connection(name) for name in "bcd"))
    for number in range(5):
        share(world, Title=f"Wells {number}")
    share(world, Title="Wells nine", Organisation=None)
    world.sync("a")
    found = rows(world)
    for row in found:
        for member in "bcd":
            if row.status == "published":
                pledge(world, row.id, member, "hidden")
    with world.hub.writing() as conn:
        draft = found[0].model_copy(update={"id": "d", "number": 1, "status": "draft"})
        history.add(conn, New(draft, Cause(world.time.now(), "hub", "shared")))
    total = table(world).total
    published = sum(row.status == "published" for row in found)
    assert total is not None and total.shared == published
    assert [reached.number for reached in total.steps.values()] == [0, 0, 0]


def test_who_recommends_counts_what_their_member_may_see(make) -> None:  # type: ignore[no-untyped-def]
    world = make(connection("a"), connection("b"), circles={"near": frozenset({"a"})})
    for number in range(7):
        share(world, Title=f"Wells {number}")
    world.sync("a")
    with world.hub.writing() as conn:
        for row in rows(world)[:2]:
            history.change(conn, row, {"audience": "circle:near"}, Cause(world.time.now(), "hub", "changed"))

    def counted(reader: str | None) -> int:
        total = table(world, reader).total
        assert total is not None
        return total.shared

    assert (counted(None), counted("a"), counted("b")) == (7, 7, 5)


def way(month: int, **steps: str) -> Way:
    """Each step taken by the members that the letters name, a day after the one before."""
    found = Way(date(2026, month, 10))
    for number, (step, members) in enumerate(steps.items(), 1):
        found.steps[step] = dict.fromkeys(members, found.shared + timedelta(days=number))
    return found


def test_small_months_go_together_and_a_small_commons_has_no_numbers() -> None:
    assert uptake.table([way(1), way(2), way(3), way(4)]) == uptake.Table([], None)
    found = uptake.table([way(1), *(way(2) for _ in range(4)), *(way(3) for _ in range(5)), way(4), way(4)])
    assert [(line.first.month, line.last.month, line.shared) for line in found.lines] == [(1, 2, 5), (3, 4, 7)]


def test_what_few_members_did_is_not_numbered_and_cannot_be_taken_from_the_sum() -> None:
    by_few = [way(1, opened="b"), way(1, opened="c"), way(1), way(1), way(1)]
    by_many = [way(2, opened="b"), way(2, opened="c"), way(2, opened="d"), way(2), way(2)]
    found = uptake.table([*by_few, *by_many])
    assert [line.steps["opened"].number for line in found.lines] == [None, 3]
    assert found.total is not None and found.total.steps["opened"].number is None  # 5 - 3 would be the other month
    assert found.lines[1].steps["opened"].days is None  # the days of three would be nearly the days of one
    twice = uptake.table([*by_few, *(way(3, opened="b") for _ in range(5)), *by_many])
    assert twice.total is not None and twice.total.steps["opened"].number == 10


def test_days_count_only_forward_from_the_step_before() -> None:
    ways = [way(1, opened="bcd", taken_up="bcd", pledged="bcd") for _ in range(5)]
    for one in ways[:2]:
        one.steps["taken_up"] = {"b": one.shared - timedelta(days=1)}
    [line] = uptake.table(ways).lines
    assert line.steps["taken_up"].days is None and line.steps["opened"].days == 1
