"""What is asked for a page of records takes as long as the page is, however much there is: how SQLite, which keeps no statistics
here, goes about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from hub.store import dues, left, links, opportunities, waiting
from hub.store.engine import open_engine, writing
from hub.store.migrate import migrate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASKED: dict[str, tuple[Callable[[Connection], Any], str]] = {
    "links that stand": (lambda conn: links.as_they_stand(conn, "a", "d", {"r1": {}}), "remote_id=?"),
    "links": (lambda conn: links.by_remote(conn, "a", ["r1"]), "remote_id=?"),
    "links of opportunities": (lambda conn: links.by_opportunity(conn, "a", ["o1"]), "opportunity_id=?"),
    "conflicts": (lambda conn: list(waiting.open_conflicts(conn, ["o1"])), "opportunity_id=?"),
    "quarantined": (lambda conn: waiting.fields_aside(conn, "a", ["r1"]), "remote_id=?"),
    "due, with a record": (lambda conn: dues.of_records(conn, "a"), "opportunity_id=?"),
    "who has something to plan": (dues.waiting_connections, "connection_id=?"),
    "left": (lambda conn: left.at_beginning(conn, "a", NOW), "SEARCH pending"),
    "arrived": (lambda conn: opportunities.arrived(conn, "run"), "opportunity_id=?"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'hub.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@contextmanager
def plans(engine: Engine) -> Iterator[list[list[str]]]:
    """How each statement is carried out, its steps in order."""
    found: list[list[str]] = []

    def explain(conn: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE")) and not many:
            found.append(
                [row[3] for row in conn.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            )

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("what", ASKED)
def test_a_page_is_looked_up_record_by_record(engine: Engine, what: str) -> None:
    ask, by = ASKED[what]
    with plans(engine) as found, writing(engine) as conn:
        ask(conn)
    assert found
    steps = [step for plan in found for step in plan]
    assert any(step.startswith("SEARCH") and by in step for step in steps), steps
    walks = ("link_state", "ix_conflict_state", "SCAN finding", "SCAN pending")
    assert not any(walk in step for walk in walks for step in steps), steps
