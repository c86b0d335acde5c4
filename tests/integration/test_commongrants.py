"""A publisher's open calls in the commons and on into a foundation's Airtable, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.commongrants.sandbox import serve
from connectors.sandbox import Seen
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.store.tables import Deletion, Opportunity
from hub.sync.run import RunResult, sync_all

TABLE = "Opportunities"
CALL: dict[str, Any] = {
    "title": "Clean water for small towns",
    "description": "Pipes & pumps <b>for</b> towns below 10,000 people.\n\n  Indented as it was.",
    "keyDates.postDate": "2026-02-01",
    "keyDates.closeDate": "2026-06-30T17:00:00",
    "funding.minAwardAmount": {"amount": "5000", "currency": "USD"},
    "funding.maxAwardAmount": {"amount": "12500.50", "currency": "USD"},
    "funding.estimatedAwardCount": 12,
    "customFields.agency": {"name": "Office of Rivers", "code": "OR"},
    "source": "https://calls.example/water",
}


class Commons:
    """The State publishes calls; Oak works in Airtable and takes up everything."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.time = ManualTime()
        self.state = held.enter_context(serve(time=self.time))
        self.oak = held.enter_context(
            serve_airtable(seeds.airtable("appCommons0000001", []), time=self.time, calls=None)
        )
        (folder / "token").write_text(seeds.SECRET)
        (folder / "token").chmod(0o600)
        lines = ["[hub]", 'database = "sqlite:///hub.db"']
        for name in ("state", "oak"):
            lines += [f"[members.{name}]", f'name = "{name.title()}"']
        lines += _connection("state", "commongrants", {"url": self.state.url}, "shares = true")
        there = {"url": self.oak.api, "base": "appCommons0000001", "token": "file:token"}
        lines += _connection("oak", "airtable", there, 'import = "all"')
        (folder / "config.toml").write_text("\n".join(lines))
        self.hub: Hub = open_hub(load(folder / "config.toml"), time=self.time)
        held.callback(self.hub.engine.dispose)

    def sync(self, hours: float = 0.1) -> dict[str, RunResult]:
        self.time.sleep(hours * 3600)
        results = {result.connection: result for result in sync_all(self.hub)}
        assert all(result.state == "done" for result in results.values()), results
        return results

    def airtable(self, title: str = CALL["title"]) -> dict[str, Any]:
        return next(dict(row["fields"]) for row in self.oak.rows(TABLE) if row["fields"]["Title"] == title)

    def opportunity(self) -> Any:
        (row,) = self.table(Opportunity)
        return row

    def table(self, table: Any) -> list[Any]:
        with self.hub.reading() as conn:
            return list(conn.execute(select(table.__table__)))

    def writes(self) -> list[Seen]:
        calls = [*self.state.seen, *self.oak.seen]
        return [call for call in calls if call.method != "GET" and not call.path.endswith("/listRecords")]


def _connection(name: str, system: str, options: dict[str, Any], *more: str) -> list[str]:
    head = [f"[connections.{name}]", f'member = "{name}"', f'system = "{system}"', f'mapping = "{system}"']
    body = ['first_sync = "go"', "allow_http = true", *more, f"[connections.{name}.options]"]
    return [*head, *body, *(f"{option} = {json.dumps(value)}" for option, value in options.items())]


@pytest.fixture
def commons(tmp_path: Path) -> Iterator[Commons]:
    with ExitStack() as held:
        yield Commons(tmp_path, held)


def test_an_open_call_is_in_the_commons_and_in_airtable_and_then_all_is_quiet(commons: Commons) -> None:
    commons.state.write(None, CALL)
    commons.sync()
    shared = commons.opportunity()
    assert (shared.kind, shared.status, shared.steward_id) == ("call", "published", "state")
    facts = shared.facts
    assert facts["summary"] == CALL["description"], "no text is cleaned"
    assert facts["closes"] == {"date": "2026-06-30", "text": "2026-06-30T17:00:00"}
    assert facts["opens"] == {"date": "2026-02-01"}
    assert facts["funding.max_award"] == {"amount": "12500.5", "currency": "USD"}
    assert facts["funding.expected_awards"] == 12 and facts["organization.name"] == "Office of Rivers"
    copy = commons.airtable()
    assert copy["Summary"] == CALL["description"] and copy["Commons status"] == "Published"
    before, moves = len(commons.writes()), commons.opportunity().version
    again = commons.sync()
    assert len(commons.writes()) == before and commons.opportunity().version == moves
    assert again["state"].counts["changed"] == again["oak"].counts["pushed"] == 0
    assert {call.method for call in commons.state.seen} == {"GET"}


def test_an_edit_that_moves_no_stamp_arrives_when_everything_is_read_again(commons: Commons) -> None:
    old = commons.state.write(None, CALL)
    for number in range(6):
        commons.time.sleep(24 * 3600)
        commons.state.write(None, CALL | {"title": f"Call {number}"})
    commons.state.lists.most = 1
    commons.sync()
    commons.state.write(old, {"description": "Now with sewers."}, stamped=False)
    commons.sync()
    assert commons.airtable()["Summary"] == CALL["description"], "the list's beginning does not show it"
    commons.sync(hours=25)
    assert commons.airtable()["Summary"] == "Now with sewers."


def test_a_closed_call_shows_closed_and_opens_again(commons: Commons) -> None:
    call = commons.state.write(None, CALL)
    commons.sync()
    commons.state.write(call, {"status.value": "closed"})
    commons.sync()
    assert commons.opportunity().status == "closed" and commons.airtable()["Commons status"] == "Closed"
    commons.state.write(call, {"description": "Closed, and corrected."})
    commons.sync()
    assert commons.airtable()["Summary"] == "Closed, and corrected.", "it goes on being followed"
    commons.state.write(call, {"status.value": "open"})
    commons.sync()
    assert commons.airtable()["Commons status"] == "Published"


def test_what_is_closed_or_a_project_of_another_commons_never_comes_in(commons: Commons) -> None:
    commons.state.write(None, CALL | {"status.value": "closed"})
    seeking = {"value": "custom", "customValue": "seekingCoFunders", "description": "A project that seeks co-funders"}
    commons.state.write(None, {"title": "A school", "status": seeking, "customFields.opportunityKind": "project"})
    commons.state.write(None, {"title": "A forecast", "description": "Soon.", "status.value": "forecasted"})
    commons.sync()
    assert [row.title for row in commons.table(Opportunity)] == ["A forecast"]


def test_a_call_that_vanished_is_asked_about_and_stays(commons: Commons) -> None:
    call = commons.state.write(None, CALL)
    commons.state.write(None, CALL | {"title": "Another"})
    commons.sync()
    commons.state.remove(call)
    commons.sync(hours=25)
    assert not commons.table(Deletion), "one reading that does not show it says nothing"
    commons.sync()
    (asked,) = commons.table(Deletion)
    assert (asked.remote_id, asked.state) == (call, "open")
    commons.sync()
    assert commons.airtable()["Commons status"] == "Published" and len(commons.oak.rows(TABLE)) == 2


def test_a_vanished_call_of_a_publisher_that_does_not_say_so_itself_is_only_counted(commons: Commons) -> None:
    call = commons.state.write(None, CALL)
    commons.sync()
    commons.state.own_404 = False
    commons.state.remove(call)
    for _ in range(4):
        results = commons.sync(hours=25)
    assert not commons.table(Deletion) and results["state"].counts["missing"] == 1


def test_old_copies_in_the_list_take_nothing_back(commons: Commons) -> None:
    call = commons.state.write(None, CALL)
    commons.sync()
    commons.state.lag(30 * 3600)
    commons.state.write(call, {"description": "Seen by its id only"})
    commons.sync()
    assert commons.airtable()["Summary"] == CALL["description"]
    commons.state.lag(0)
    commons.sync()
    assert commons.airtable()["Summary"] == "Seen by its id only"
    commons.state.write(call, {"description": "Newer"})
    commons.sync()
    commons.state.lists.behind.add(call)
    commons.sync()
    commons.sync(hours=25)
    assert commons.airtable()["Summary"] == "Newer"
