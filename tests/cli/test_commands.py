"""Commands as an administrator uses them, each its own process."""

from __future__ import annotations

import json
import re

from hub.demo.seeds import REQUEST
from tests.town import TABLE, Town


def test_a_first_sync_waits_is_looked_at_approved_and_then_goes(town: Town) -> None:
    town.change('first_sync = "go"', 'first_sync = "preview"')
    before = len(town.writes())
    done = town.hub("sync", "alder-salesforce")
    run = re.search(r"hub plan show (\S+)", done.stdout)
    assert run is not None and re.search(r"alder-salesforce +held", done.stdout)
    shown = town.hub("plan", "show", run[1]).stdout
    assert "came in: Wells for the upper valley" in shown and "12 items" not in shown.splitlines()[0]
    assert len(town.writes()) == before and "held" in town.hub("sync", "alder-salesforce").stdout
    plan = json.loads(town.hub("plan", "show", run[1], "--json").stdout)
    assert "The plan changed" in town.hub("plan", "approve", run[1], "--plan", "other", code=2).stderr
    town.hub("plan", "approve", run[1], "--plan", plan["plan"])
    assert re.search(r"alder-salesforce +done", town.hub("sync", "alder-salesforce").stdout)
    assert town.request("Wells for the upper valley")["Commons_Id__c"]
    assert "No held run" in town.hub("plan", "show", "nothing", code=2).stderr


def test_a_rejected_first_sync_leaves_no_trace(town: Town) -> None:
    town.change('first_sync = "go"', 'first_sync = "preview"')
    run = re.search(r"hub plan show (\S+)", town.hub("sync", "alder-salesforce").stdout)
    assert run is not None
    town.hub("plan", "reject", run[1])
    assert all(row["Commons_Id__c"] is None for row in town.salesforce.rows(REQUEST))
    town.hub("sync", "saffron-airtable", code=None)
    assert "Wells for the upper valley" not in str(town.saffron.rows(TABLE))


def test_a_dry_run_says_what_would_be_written_and_writes_nothing_anywhere(town: Town) -> None:
    shown = town.hub("sync", "--dry-run").stdout
    assert "would " in shown and "Wells for the upper valley" in shown
    assert town.writes() == []
    assert all(row["Commons_Id__c"] is None for row in town.salesforce.rows(REQUEST))


def test_one_is_imported_by_hand_and_a_stranger_is_refused_with_a_reason(town: Town) -> None:
    town.change('import = [{ themes = ["education", "climate", "water"] }]', "")
    town.sync()
    assert "Wells for the upper valley" not in str([row["fields"] for row in town.corrie.rows(TABLE)])
    key = town.request("Wells for the upper valley")["Commons_Id__c"]
    town.hub("import", key, "corrie-airtable")
    town.sync()
    assert "Wells for the upper valley" in str([row["fields"] for row in town.corrie.rows(TABLE)])
    assert "already" in town.hub("import", key, "corrie-airtable", code=2).stderr
    assert "no opportunity" in town.hub("import", "nothing", "corrie-airtable", code=2).stderr
    assert "alder-salesforce" in town.hub("import", key, "nowhere", code=2).stderr


def test_people_are_added_with_a_password_that_is_long_enough(town: Town) -> None:
    words = ("user", "add", "new@elm.example", "--name", "New", "--role", "admin")
    assert "Known: alder" in town.hub(*words, "--member", "elm", "--password", "long enough now", code=2).stderr
    assert "at least 10" in town.hub(*words, "--member", "alder", "--password", "short", code=2).stderr
    town.hub(*words, "--member", "alder", "--password", "long enough now")
    assert "already" in town.hub(*words, "--member", "alder", "--password", "long enough now", code=2).stderr


def test_connections_are_checked_without_writing(town: Town) -> None:
    assert "All good." in town.hub("check").stdout
    assert town.writes() == []
