"""The many runs in which nothing changed: they are seen and fenced as all others, and ask and write next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from hub.jobs import lease
from hub.store import connections
from hub.store.tables import Run
from hub.sync.turn import FRESH
from tests.sync.conftest import Make, World, connection, share


@pytest.fixture
def still(make: Make) -> World:
    """a tells what changed; b imports from it. All of it is settled."""
    world = make(connection("a"), connection("b", imports=()))
    for name, system in world.systems.items():
        system.feed, system.columns = True, dict.fromkeys(world.hub.mapping(name).columns, "text")
    for title in ("Wells", "Gardens"):
        share(world, Title=title)
    for _ in range(3):
        world.sync()
    return world


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """What goes to the database meanwhile: statements, and COMMIT for each transaction."""
    seen: list[str] = []

    def statement(conn: Any, cursor: Any, text: str, *rest: Any) -> None:
        if not text.startswith(("BEGIN", "SELECT set_config")):
            seen.append(text)

    def commit(conn: Any) -> None:
        seen.append("COMMIT")

    event.listen(world.hub.engine, "before_cursor_execute", statement)
    event.listen(world.hub.engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(world.hub.engine, "before_cursor_execute", statement)
        event.remove(world.hub.engine, "commit", commit)


def meanwhile(world: World, act: Callable[[], object]) -> None:
    """While a asks for what changed."""
    world.systems["a"].fault["list:before"] = [act]


def test_one_call_and_three_short_transactions(still: World) -> None:
    before = len(still.systems["a"].calls)
    with counted(still) as seen:
        still.sync("a")
    assert still.systems["a"].calls[before:] == ["list"]
    run = [text for text in seen if "likeness" not in text and "duplicate" not in text]
    writes = [text.split()[0] for text in run if text.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert writes == ["UPDATE", "INSERT", "UPDATE", "UPDATE", "UPDATE"], "claimed and begun; kept, given back, ended"
    assert len([text for text in run if text != "COMMIT"]) <= 11, run


def test_the_run_is_seen_and_the_lease_was_held_and_given_back(still: World) -> None:
    held: list[Any] = []

    def look() -> None:
        with still.hub.reading() as conn:
            held.append(connections.get(conn, "a"))
        held.append([row.state for row in still.table(Run) if row.connection_id == "a"].count("running"))

    meanwhile(still, look)
    still.sync("a")
    row, running = held
    assert row.owner and row.lease_until > still.time.now() and running == 1
    with still.hub.reading() as conn:
        after = connections.get(conn, "a")
    assert after.owner is None and after.lease_until is None and after.last_ok_at == still.time.now()
    last = max((row for row in still.table(Run) if row.connection_id == "a"), key=lambda row: row.id)
    assert (last.state, last.phase, last.cursor_after) == ("done", "between", "read")


@pytest.mark.parametrize(("late", "kept"), [(0.0, 1), (FRESH - 1, 1), (FRESH + 1, 2)])
def test_a_page_that_brings_nothing_keeps_the_lease_where_it_came_late(
    still: World, monkeypatch: pytest.MonkeyPatch, late: float, kept: int
) -> None:
    times, keep = [], lease.keep

    def noted(*asked: Any) -> bool:
        times.append(still.time.now())
        return keep(*asked)

    monkeypatch.setattr(lease, "keep", noted)
    meanwhile(still, lambda: still.time.sleep(late))
    assert still.sync("a")["a"].state == "done" and len(times) == kept


def test_whoever_lost_the_lease_over_it_ends_nothing(still: World) -> None:
    def another() -> None:
        still.time.sleep(lease.LEASE.total_seconds() + 1)
        with still.hub.writing() as conn:
            lease.claim(conn, "a", "another worker", still.time.now())

    meanwhile(still, another)
    assert still.sync("a")["a"].state == "interrupted"
    with still.hub.reading() as conn:
        assert connections.get(conn, "a").owner == "another worker"


def test_a_person_who_ends_it_meanwhile_is_heard(still: World) -> None:
    def ask() -> None:
        with still.hub.writing() as conn:
            connections.change(conn, "a", cancel_fence=connections.get(conn, "a").fence)

    meanwhile(still, ask)
    assert still.sync("a")["a"].state == "cancelled"


def test_a_new_position_is_kept_though_it_came_with_no_record(still: World) -> None:
    with still.hub.writing() as conn:
        connections.change(conn, "a", cursor="older")
    still.sync("a")
    with still.hub.reading() as conn:
        assert connections.get(conn, "a").cursor == "read"


def test_what_another_connection_brought_since_is_written_by_a_run_to_which_nothing_came(still: World) -> None:
    share(still, Title="Boats")
    still.systems["a"].changed = sorted(still.systems["a"].rows)
    still.sync("a")
    still.sync("b")
    assert sorted(row["Title"] for row in still.rows("b")) == ["Boats", "Gardens", "Wells"]
