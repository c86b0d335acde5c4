"""A person ends a run: it stops after the page or record in hand, and the next one loses and doubles nothing."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import Capabilities
from hub.jobs import due
from hub.store import connections, runs
from hub.store.tables import Audit, Run
from hub.store.tables import Connection as Row
from hub.sync.run import OneRun
from tests.sync.conftest import World, share


def run_of(world: World, name: str) -> Run:
    with world.hub.reading() as conn:
        found = runs.get(conn, next(row.id for row in reversed(world.table(Run)) if row.connection_id == name))
    assert found is not None
    return found


def cancel(world: World, name: str) -> None:
    due.cancel(world.hub, run_of(world, name), "someone")


def once(world: World, name: str) -> Any:
    """What a system does with the first value that it keeps: somebody ends the run that brings it."""
    told: list[str] = []

    def meanwhile(column: str, value: Any) -> Any:
        if not told:
            told.append(column)
            cancel(world, name)
        return value

    return meanwhile


def test_reading_stops_after_the_page_in_hand_and_the_next_run_goes_on(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.systems["a"].can = Capabilities(page=1, upsert=True)
    for title in ("Wells", "Gardens", "Boats"):
        share(pair, Title=title)
    real = runs.progress

    def progress(conn: Any, turn: Any, phase: str) -> None:
        real(conn, turn, phase)
        if turn.name == "a" and phase == "pull" and turn.page == 1 and not turn.cancelled:
            monkeypatch.setattr(runs, "progress", real)
            connections.change(conn, "a", cancel_fence=turn.fence)

    monkeypatch.setattr(runs, "progress", progress)
    ended = pair.sync("a")["a"]
    assert ended.state == "cancelled" and ended.counts["read"] == 2, (
        "the page in hand is stored, the third is not asked for"
    )
    assert run_of(pair, "a").error == ended.message
    pair.sync()
    assert sorted(row["Title"] for row in pair.rows("b")) == ["Boats", "Gardens", "Wells"]
    assert pair.quiet() == 0


def test_writing_stops_after_the_record_in_hand_and_the_rest_is_written_once(pair: World) -> None:
    pair.systems["b"].can = Capabilities(batch=1, upsert=True)
    for title in ("Wells", "Gardens", "Boats"):
        share(pair, Title=title)
    pair.sync("a")
    pair.systems["b"].keep = once(pair, "b")
    assert pair.sync("b")["b"].state == "cancelled"
    assert len(pair.rows("b")) == 1
    pair.sync()
    assert sorted(row["Title"] for row in pair.rows("b")) == ["Boats", "Gardens", "Wells"]
    assert pair.quiet() == 0


def test_a_run_that_waits_for_the_others_to_be_read_writes_nothing_any_more(pair: World) -> None:
    share(pair)
    pair.sync("a")
    step = OneRun(pair.hub, "b", "test")
    step.take_in()
    cancel(pair, "b")
    step.give_out()
    assert step.result.state == "cancelled" and pair.rows("b") == []
    pair.sync()
    assert len(pair.rows("b")) == 1 and pair.quiet() == 0


def test_it_counts_as_no_failure_and_waits_for_its_time(pair: World) -> None:
    step = OneRun(pair.hub, "b", "test")
    step.take_in()
    cancel(pair, "b")
    step.give_out()
    row = next(row for row in pair.table(Row) if row.id == "b")
    assert row.failures == 0 and row.due_at > pair.time.now() and row.lease_until is None
    line = next(line for line in pair.table(Audit) if line.action == "run cancelled")
    assert (line.actor, line.connection_id) == ("user:someone", "b")


def test_the_next_run_is_not_ended_by_what_was_asked_of_one_before(pair: World) -> None:
    share(pair)
    step = OneRun(pair.hub, "b", "test")
    step.take_in()
    cancel(pair, "b")
    step.give_out()
    assert {result.state for result in pair.sync().values()} == {"done"}


def test_what_is_over_cannot_be_ended(pair: World) -> None:
    pair.sync()
    with pytest.raises(ValueError, match="over already"):
        cancel(pair, "b")
