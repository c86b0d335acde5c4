"""A foundation with Fluxx and one with Airtable, one hub in this process, everything else over sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.fluxx.sandbox import serve as serve_fluxx
from connectors.sandbox import Fault, Seen
from hub.app import open_hub
from hub.cli import main
from hub.config_files import load
from hub.demo import seeds
from hub.sync.run import RunResult, sync_all
from tests.connectors.fluxx_site import OFFICER, REQUEST, SECRET, THEME, seed

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.meadow]
name = "Meadow Foundation"
lawful_basis = "agreement"
[members.saffron]
name = "Saffron Tide Fund"
lawful_basis = "agreement"
[connections.fluxx]
member = "meadow"
system = "fluxx"
mapping = "fluxx"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
importer = "noor.haddad@meadow.example"
allow_http = true
[connections.fluxx.options]
url = "{fluxx}"
client_id = "commons-hub"
client_secret = "file:secret"
model_theme = 7
[connections.airtable]
member = "saffron"
system = "airtable"
mapping = "airtable"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
allow_http = true
[connections.airtable.options]
url = "{airtable}"
base = "appSaffronTide001"
token = "file:secret"
"""
TABLE = "Opportunities"
INNER = {
    "all_notes": "CANARY notes",
    "amount_recommended": 987654321,
    "coi_declaration": "CANARY conflict",
    "ofac_status": "CANARY ofac",
    "ierf_probability": "CANARY probability",
    "ierf_due_diligence_notes": "CANARY diligence",
    "request_review_summary": "CANARY review",
}


class Two:
    """``sync`` runs the hub once; staff edits in Fluxx are followed by the five minutes that its lists are behind."""

    def __init__(self, folder: Path, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.folder = folder
        self.time = ManualTime(start)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.fluxx = serve_fluxx(seed(), time=self.time)
        self.airtable = serve_airtable(seeds.airtable("appSaffronTide001", []), time=self.time, calls=None)
        for sandbox in (self.fluxx, self.airtable):
            self._stack.callback(sandbox.stop)
        (self.folder / "secret").write_text(SECRET)
        (self.folder / "secret").chmod(0o600)
        self.config.write_text(CONFIG.format(fluxx=self.fluxx.url, airtable=self.airtable.api))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def sync(self, *names: str) -> dict[str, RunResult]:
        hub = open_hub(load(self.config), time=self.time)
        try:
            return {result.connection: result for result in sync_all(hub, names or None)}
        finally:
            hub.engine.dispose()

    def rounds(self, count: int = 2) -> None:
        for _ in range(count):
            for result in self.sync().values():
                assert result.state == "done", result.message

    def share(self, **cells: Any) -> str:
        """A grant request that staff ticks for sharing; its id."""
        trust = next(row["id"] for row in self.fluxx.rows("organization") if row["name"] == "Upper Valley Trust")
        usual = {
            "project_title": "Wells for the upper valley",
            "project_summary": "Clean water for four villages.",
            "program_organization_id": trust,
            "commons_ask": 120000,
            "commons_currency": "USD",
            "commons_themes": "Education; Health",
            "commons_places": "Kisumu, Kenya",
            "commons_share": True,
            "state": "pending_po_approval",
        }
        return self.fluxx.write(REQUEST, None, usual | cells)

    def edit(self, id: str, **cells: Any) -> None:
        self.fluxx.write(REQUEST, id, cells)
        self.time.sleep(self.fluxx.site.lag)

    def request(self, id: str) -> dict[str, Any]:
        return next(row for row in self.fluxx.rows(REQUEST) if row["id"] == int(id))

    def copy(self) -> dict[str, Any]:
        (row,) = self.airtable.rows(TABLE)
        return row

    def calls(self) -> list[Seen]:
        """What was asked of Fluxx, signing in and descriptions aside."""
        return [c for c in self.fluxx.seen if "token" not in c.path and "model_attribute" not in c.path]

    def writes(self) -> int:
        """Calls that wrote, in both systems."""
        fluxx = [call for call in self.calls() if call.method in ("PUT", "DELETE") or b"data=" in call.body]
        return len(fluxx) + len([call for call in self.airtable.seen if call.method in ("PATCH", "PUT", "DELETE")])


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with Two(tmp_path) as town:
        yield town


def test_shared_from_fluxx_imported_elsewhere_edited_on_both_sides_and_withdrawn(two: Two) -> None:
    id = two.share()
    two.rounds()
    copy = two.copy()
    key = two.request(id)["migrate_id"]
    assert isinstance(key, int) and two.request(id)["migrate_source_name"] == "commons-hub"
    there = copy["fields"]
    assert (there["Title"], there["Organisation"], there["Tax ID"]) == (
        "Wells for the upper valley", "Upper Valley Trust", "910000001",
    )  # fmt: skip
    assert (there["Amount requested"], there["Currency"], set(there["Theme"])) == (
        120000,
        "USD",
        {"Education", "Health"},
    )
    assert two.request(id)["commons_status"] == "Open" and two.request(id)["state"] == "pending_po_approval"

    two.edit(id, project_title="Deep wells for the upper valley")
    two.rounds()
    assert two.copy()["fields"]["Title"] == "Deep wells for the upper valley"
    two.airtable.write(TABLE, copy["id"], {"Summary": "Clean water for five villages."})
    two.rounds()
    assert two.request(id)["project_summary"] == "Clean water for five villages."
    two.edit(id, commons_ask=150000)
    two.airtable.write(TABLE, copy["id"], {"Need": "Wells run dry in March."})
    two.rounds()
    assert two.copy()["fields"]["Amount requested"] == 150000
    assert two.request(id)["commons_need"] == "Wells run dry in March."

    before = two.writes()
    two.rounds()
    assert two.writes() == before
    two.edit(id, commons_share="")
    two.rounds()
    assert two.copy()["fields"]["Commons status"] == "Withdrawn"
    assert two.request(id)["state"] == "pending_po_approval"
    before = two.writes()
    two.rounds()
    assert two.writes() == before


def test_what_others_share_becomes_a_request_with_its_form_organisation_and_owner(two: Two) -> None:
    own = two.airtable.write(TABLE, None, {"Title": "Books", "Summary": "A library on wheels.", "Share": True,
                                           "Organisation": "Olive Branch Schools", "Amount requested": 5000, "Currency": "USD"})  # fmt: skip
    two.rounds()
    (row,) = two.fluxx.rows(REQUEST)
    schools = next(each["id"] for each in two.fluxx.rows("organization") if each["name"] == "Olive Branch Schools")
    officer = next(each["id"] for each in two.fluxx.rows("user") if each["email"] == OFFICER["email"])
    assert (row["project_title"], row["model_theme_id"]) == ("Books", THEME)
    assert (row["program_organization_id"], row["program_lead_id"]) == (schools, officer)
    assert (row["commons_ask"], row.get("amount_requested"), row.get("state")) == (5000, None, None)
    before = two.writes()
    two.rounds()
    assert two.writes() == before
    assert len(two.fluxx.rows(REQUEST)) == 1 and two.airtable.rows(TABLE)[0]["id"] == own


def test_the_foundations_own_pipeline_stays_at_home_until_it_says_so(two: Two) -> None:
    two.airtable.write(TABLE, None, {"Title": "Books", "Summary": "A library on wheels.", "Share": True,
                                     "Organisation": "Olive Branch Schools", "Amount requested": 5000, "Currency": "USD"})  # fmt: skip
    two.rounds()
    (row,) = two.fluxx.rows(REQUEST)
    cells = two.fluxx.site.rows[REQUEST][row["id"]].cells
    cells |= {"state": "granted", "granted": True, "grant_amount_funded": 2000, "amount_recommended": 2500}
    two.edit(str(row["id"]), commons_need="Books wear out.")
    two.rounds()
    shown = two.copy()["fields"]
    assert (shown.get("Commons funders", 0), shown["Need"]) == (0, "Books wear out.")
    two.edit(str(row["id"]), commons_show_commitment=True)
    two.rounds()
    shown = two.copy()["fields"]
    assert shown["Commons funders"] == 1 and shown["Commons gap"] == "USD 3,000"
    assert "Stage" not in shown and "Amount awarded" not in shown


def test_a_lost_answer_to_a_create_makes_no_second_request(two: Two) -> None:
    two.airtable.write(TABLE, None, {"Title": "Books", "Summary": "A library on wheels.", "Share": True,
                                     "Organisation": "Olive Branch Schools"})  # fmt: skip
    two.fluxx.misbehave(Fault("drop_after", method="POST", path=REQUEST))
    assert two.sync()["fluxx"].state == "incomplete"
    waiting = two.sync()["fluxx"]
    assert waiting.state == "done" and waiting.counts["waiting"] == 1
    two.time.sleep(1200)
    two.rounds()
    (row,) = two.fluxx.rows(REQUEST)
    assert row["project_title"] == "Books" and len(two.fluxx.calls("POST", REQUEST)) == 1


MINE = """
extends = "fluxx"
key = "commons_number"

[fields]
title = "request_title"
"commitment.amount" = { field = "grant_amount_funded", currency = "GBP", way = "in" }
"commitment.stage" = { field = "state", way = "in", values = { exploring = "submitted", committed = "awarded" } }
"""


def test_a_site_that_names_things_otherwise_says_so_in_a_few_lines(two: Two) -> None:
    """It has no project_title, its states have names of their own, and migrate_id is another migration's."""
    two.fluxx.site.drop_field("project_title")
    for field in ({"name": "request_title"}, {"name": "commons_number", "attribute_type": "integer"}):
        two.fluxx.site.add_field(field)
    (two.folder / "mine.toml").write_text(MINE)
    option(two, 'mapping = "fluxx"', 'mapping = "mine"')
    option(two, "[hub]", '[hub]\nmappings = "."')
    trust = two.fluxx.rows("organization")[0]["id"]
    cells = {"request_title": "Wells", "project_summary": "Clean water.", "commons_share": True, "state": "awarded",
             "program_organization_id": trust, "grant_amount_funded": 700, "commons_show_commitment": True,
             "migrate_id": 17, "migrate_source_name": "Old system"}  # fmt: skip
    id = two.fluxx.write(REQUEST, None, cells)
    two.rounds()
    assert two.copy()["fields"]["Title"] == "Wells" and two.copy()["fields"]["Commons funders"] == 1
    row = two.request(id)
    assert (row["migrate_id"], row["migrate_source_name"]) == (17, "Old system")
    two.airtable.write(TABLE, two.copy()["id"], {"Title": "Deep wells"})
    two.rounds()
    assert (
        two.request(id)["request_title"] == "Deep wells" and row["commons_number"] == two.request(id)["commons_number"]
    )


def test_a_list_that_is_behind_is_no_edit_back(two: Two) -> None:
    """What the hub wrote without priority is not in the list for five minutes; the old text there is nobody's wish."""
    option(two, "model_theme = 7", "model_theme = 7\npriority_index = false")
    id = two.share()
    two.rounds()
    two.time.sleep(300)
    two.airtable.write(TABLE, two.copy()["id"], {"Title": "Deep wells"})
    two.rounds(3)
    assert two.request(id)["project_title"] == two.copy()["fields"]["Title"] == "Deep wells"


def test_what_is_internal_is_in_no_request_and_nowhere_in_the_hub(two: Two) -> None:
    id = two.share(**INNER)
    two.share(project_title="Not shared", commons_share=False, **INNER)
    two.rounds()
    two.edit(id, project_title="Deep wells")
    two.rounds()
    assert two.copy()["fields"]["Title"] == "Deep wells"
    asked = " ".join(f"{call.path} {call.query} {call.body.decode()}" for call in two.fluxx.seen)
    assert "commons_ask" in asked and not [name for name in INNER if name in asked]
    kept = b"".join(path.read_bytes() for path in two.folder.iterdir() if path.is_file())
    assert b"Deep wells" in kept and b"CANARY" not in kept and b"987654321" not in kept and b"Not shared" not in kept


def polls(two: Two, records: int) -> int:
    """Calls of one sync in which nothing had changed, and in which so many were shown."""
    before = len(two.calls())
    result = two.sync("fluxx")["fluxx"]
    assert (result.state, result.counts["read"], result.counts["unchanged"]) == ("done", records, records), result
    return len(two.calls()) - before


def test_what_has_not_changed_of_late_is_left_out_of_the_list(two: Two) -> None:
    """What a poll of thousands costs otherwise is in ``test_calls.py``."""
    two.share()
    two.rounds()
    two.time.sleep(3 * 24 * 3600)
    two.share(project_title="One more")
    two.sync("fluxx")
    assert polls(two, 1) == 1


def test_a_poll_of_records_that_are_written_too_reads_each_page_once(two: Two) -> None:
    two.fluxx.lists.most = 6
    for number in range(60):
        two.share(project_title=f"Project {number}")
    two.rounds()
    assert polls(two, 60) == 10


# --- hub check


def check(two: Two, code: int) -> str:
    done = CliRunner().invoke(main, ["check", "fluxx", "--config", str(two.config)])
    assert done.exit_code == code, done.output
    return done.output


def option(two: Two, old: str, new: str) -> None:
    text = two.config.read_text()
    assert old in text
    two.config.write_text(text.replace(old, new, 1))


@pytest.fixture
def now(tmp_path: Path) -> Iterator[Two]:
    """The same two, today: a command goes by the machine's own clock."""
    with Two(tmp_path, datetime.now(UTC)) as town:
        yield town


def test_a_site_that_is_set_up_is_all_good(now: Two) -> None:
    """What is said of wrong ones: ``test_set_up.py``."""
    assert "All good." in check(now, 0)
