"""One record stays one record, whatever gets lost or normalised on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.contract import Ambiguous, Capabilities, Page
from hub.app import wanted
from hub.store import finding
from hub.store.tables import (
    Audit,
    Commitment,
    Conflict,
    Due,
    Intent,
    Link,
    Opportunity,
    Quarantine,
)
from hub.sync.history import disagreements
from hub.sync.run import OneRun
from tests.sync.conftest import Make, World, connection, share
from tests.sync.memory import MemoryConnector


def test_a_create_whose_answer_was_lost_is_found_by_its_key_and_not_doubled(pair: World) -> None:
    share(pair)
    pair.systems["b"].can = Capabilities(batch=10, upsert=False)
    pair.systems["b"].fault["create:after"] = [Ambiguous("the answer was lost")]
    assert pair.sync()["b"].state == "incomplete"
    assert pair.table(Intent)[-1].state == "open"
    assert pair.sync()["b"].state == "done"
    assert len(pair.rows("b")) == 1
    assert pair.systems["b"].calls.count("create") == 1
    assert {link.state for link in pair.table(Link)} == {"linked"}
    assert pair.quiet() == 0


def test_a_create_that_never_happened_is_made_once_more(pair: World) -> None:
    share(pair)
    pair.systems["b"].fault["create:before"] = [Ambiguous("sent, and then silence")]
    pair.sync()
    pair.sync()
    assert len(pair.rows("b")) == 1 and pair.quiet() == 0


def test_an_update_whose_answer_was_lost_is_looked_at_and_not_a_conflict(pair: World) -> None:
    id = share(pair)
    pair.sync()
    pair.systems["a"].rows[id]["Title"] = "Deeper wells"
    pair.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    assert pair.sync()["b"].state == "incomplete"
    assert pair.sync()["b"].state == "done"
    assert pair.table(Conflict) == [] and pair.rows("b")[0]["Title"] == "Deeper wells"
    assert pair.quiet() == 0


def test_an_edit_between_our_reading_and_our_writing_is_kept(pair: World) -> None:
    id = share(pair)
    pair.sync()
    pair.systems["a"].rows[id]["Title"] = "From A"
    get = pair.systems["b"]

    def edit_first(column: str, value: Any) -> Any:
        return value

    get.keep = edit_first
    first, second = OneRun(pair.hub, "a", "test"), OneRun(pair.hub, "b", "test")
    first.take_in()
    second.take_in()
    pair.rows("b")[0]["Title"] = "From B, just now"
    first.give_out()
    second.give_out()
    (conflict,) = pair.table(Conflict)
    assert conflict.path == "title" and pair.rows("b")[0]["Title"] == "From B, just now"


@pytest.mark.parametrize("title", ["Deeper wells", "Wells"])
def test_a_new_record_that_its_page_shows_twice_is_one_as_it_was_shown_last(
    pair: World, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    id = share(pair)
    first = dict(pair.systems["a"].rows[id])
    pair.systems["a"].rows[id] |= {"Title": title, "Not ours": "typed"}

    def twice(self: MemoryConnector, since: str | None) -> Iterator[Page]:
        yield Page((self._record(id, first), self._record(id)), complete=True)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryConnector, "changes", twice)
        OneRun(pair.hub, "a", "manual").take_in()
    now = MemoryConnector(pair.systems["a"], wanted(pair.hub.mapping("a")))._record(id)
    assert [link.remote_version for link in pair.table(Link)] == [now.version]
    assert [row.title for row in pair.table(Opportunity)] == [title]
    assert next(line.action for line in pair.table(Audit) if line.moves) == "shared"
    with pair.hub.reading() as conn:
        assert disagreements(conn) == []
    for _ in range(2):  # the run that was left there goes into the next
        pair.sync()
    assert pair.rows("b")[0]["Title"] == title and pair.quiet() == 0


def test_a_record_that_copies_the_key_of_another_is_quarantined(pair: World) -> None:
    share(pair)
    pair.sync()
    key = pair.rows("b")[0]["Commons ID"]
    pair.systems["b"].add(Title="A copy", Commons_ID=key)
    pair.sync()
    (row,) = pair.table(Quarantine)
    assert "already has a record" in row.reason and len(pair.table(Opportunity)) == 1


def test_a_lost_database_recreates_under_the_same_ids_and_doubles_nothing(make: Make) -> None:
    first = make(connection("a"), connection("b", imports=()))
    share(first)
    first.sync()
    id = first.table(Opportunity)[0].id
    with first.hub.writing() as conn:
        finding.empty(conn)
        for model in (Due, Link, Intent, Commitment, Opportunity):
            conn.execute(model.__table__.delete())
    first.sync()
    assert [o.id for o in first.table(Opportunity)] == [id]
    assert len(first.rows("a")) == len(first.rows("b")) == 1
    assert first.table(Conflict) == [] and first.quiet() == 0


def test_normalising_systems_come_to_rest(pair: World) -> None:
    pair.systems["b"].keep = lambda column, value: value.upper() if column == "Title" else value
    share(pair)
    pair.sync()
    assert pair.rows("b")[0]["Title"] == "WELLS" and pair.rows("a")[0]["Title"] == "Wells"
    assert [pair.quiet() for _ in range(3)] == [0, 0, 0]
