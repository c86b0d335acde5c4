"""``hub prove`` against every stand-in, as on a test tenant."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors import registry
from connectors.airtable.connector import AirtableTable
from connectors.clock import ManualTime
from connectors.contract import Outcome, System
from hub.cli import main
from hub.config import Config, ConnectionConfig, MemberConfig, load
from hub.proving import proving, report
from hub.proving.proof import Proof
from tests.conformance import subjects
from tests.integration.five import NAMES, Five

ROOT = Path(__file__).parents[2]
SYSTEMS = [system for system in registry.systems() if isinstance(system, System)]


def proved(config: Config, name: str, time: ManualTime) -> tuple[Proof, str]:
    return proving.prove(config, name, say=lambda line: None, time=time)


def states(proof: Proof) -> dict[str, str]:
    return {step.name: step.state for step in proof.steps}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_green_on_every_stand_in_and_touches_nothing_else(name: str, tmp_path: Path) -> None:
    more = {"may_delete": True} if name == "submittable" else {}
    with Five(tmp_path, [name], more=more) as one:
        one.share_own(name, "A project of the foundation's own")
        before = one.records(name)
        proof, said = proved(load(one.config), name, one.time)
        assert report.green(proof) and said.endswith("All of it held.\n"), said
        assert states(proof)["create, and its answer is lost"] == "ok" and proof.scope.lost == 2
        # Submittable takes a new submission in two calls; when the first one's answer is lost, a second act finishes it.
        assert proof.scope.creates == (2 if name == "submittable" else 1) and one.records(name) == before


@pytest.mark.parametrize(
    "subject", [subjects.SalesforceNonprofitCloud, subjects.SalesforceCalls, subjects.SalesforceGrantSeeker]
)
def test_it_is_green_with_every_mapping_of_salesforce(subject: type[subjects.Salesforce]) -> None:
    org = subject()
    with org.running() as url:
        connection = ConnectionConfig(
            "org", "m", "salesforce", subject.mapping, options=org.options(url), allow_http=True
        )
        config = Config("", {"m": MemberConfig("m", "Elm Fund")}, {"org": connection})
        proof, said = proved(config, "org", org.time)
        assert report.green(proof), said


def test_a_sheet_has_no_answer_to_lose_and_keeps_its_other_rows(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    header = "No.,Title,Summary,Share,Commons ID,Commons status,Organisation,Amount requested,Currency\r\n"
    sheet.write_text(f"{header}1,Ours,=1+1,Yes,,,Reed Bank,5,USD\r\n", encoding="utf-8")
    options = {"path": str(sheet), "id": "No.", "writable": True}
    connection = ConnectionConfig("sheet", "m", "spreadsheet", "spreadsheet-generic", options=options)
    proof, said = proved(Config("", {"m": MemberConfig("m", "Elm Fund")}, {"sheet": connection}), "sheet", ManualTime())
    assert report.green(proof), said
    assert states(proof)["edit, and its answer is lost"] == "does not apply"
    with sheet.open(encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if any(row.values())]
    assert {column: row[column] for column in ("No.", "Title", "Summary", "Commons ID")} == {
        "No.": "1", "Title": "Ours", "Summary": "=1+1", "Commons ID": "",
    }  # fmt: skip


def test_what_a_system_does_otherwise_is_said_and_the_record_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = AirtableTable.update

    def shouting(self: AirtableTable, edits: Any) -> list[Outcome]:
        for edit in edits:
            edit.fields.update({c: v.upper() for c, v in edit.fields.items() if isinstance(v, str)})
        return usual(self, edits)

    monkeypatch.setattr(AirtableTable, "update", shouting)
    with Five(tmp_path, ["airtable"]) as one:
        proof, said = proved(load(one.config), "airtable", one.time)
        assert states(proof)["edit by the partner"] == "failed" and states(proof)["withdraw"] == "not reached"
        assert "the partner's edit never arrived" in said and said.endswith("Failed: edit by the partner.\n")
        assert states(proof)["removal"] == "ok" and one.records("airtable") == []


def test_a_record_that_is_made_twice_is_noticed_and_both_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = AirtableTable.create

    def doubling(self: AirtableTable, drafts: Any) -> list[Outcome]:
        (draft,) = drafts
        try:
            return usual(self, drafts)
        finally:
            one.airtable.write("Opportunities", None, draft.fields)

    monkeypatch.setattr(AirtableTable, "create", doubling)
    with Five(tmp_path, ["airtable"]) as one:
        one.airtable.write("Opportunities", None, {"Title": "Ours"})
        proof, _ = proved(load(one.config), "airtable", one.time)
        assert states(proof)["create, and its answer is lost"] == "failed"
        assert [record["Title"] for record in one.records("airtable")] == ["Ours"]


def test_an_interrupted_proof_removes_its_record_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Proof) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Proof, "_conflict", interrupted)
    with Five(tmp_path, ["salesforce"]) as one:
        proof, said = proved(load(one.config), "salesforce", one.time)
        assert "both edit: a conflict: It was interrupted." in said and states(proof)["removal"] == "ok"
        assert one.records("salesforce") == [] and not report.green(proof)


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    with Five(tmp_path, ["submittable"]) as one:
        proof, said = proved(load(one.config), "submittable", one.time)
        (left,) = one.records("submittable")
        assert report.green(proof) and proof.left == [left["id"]]
        assert f"Left behind: {left['id']}. Somebody has to remove that by hand." in said


def test_nothing_is_written_where_a_check_fails(tmp_path: Path) -> None:
    with Five(tmp_path, ["airtable"]) as one:
        (tmp_path / "airtable.secret").write_text("a wrong one")
        proof, said = proved(load(one.config), "airtable", one.time)
        assert states(proof)["check"] == "failed" and "Nothing was written" in said
        assert one.writes() == {"airtable": 0}


def test_a_system_that_quotes_a_credential_or_an_address_does_not_get_them_into_the_report() -> None:
    said = report.redacted("tok-123 is not known, says ada@elm.test <ada@elm.test>", ["tok-123", ""])
    assert said == "*** is not known, says …@… <…@…>"


def test_the_command_wants_to_be_told_that_it_is_a_test_tenant(tmp_path: Path) -> None:
    with Five(tmp_path, ["airtable"]) as one:
        words = ["prove", "airtable", "--config", str(one.config)]
        refused = CliRunner().invoke(main, words)
        assert refused.exit_code == 2 and "--test-tenant" in refused.output and one.writes() == {"airtable": 0}
        done = CliRunner().invoke(main, [*words, "--test-tenant", "--report", str(tmp_path / "report.txt")])
        assert done.exit_code == 0 and "ok     withdraw: The record stays" in done.output, done.output
        assert done.output.endswith("All of it held.\n") and done.output.count("ok     check") == 1
        assert (tmp_path / "report.txt").read_text().startswith("Proof of the connection airtable (Airtable), ")
        assert one.records("airtable") == []


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_what_a_readme_leaves_open_is_what_the_report_settles(system: System) -> None:
    folder = system.open.__module__.split(".")[1]
    readme = " ".join((ROOT / "connectors" / folder / "README.md").read_text(encoding="utf-8").split())
    for question in system.questions:
        assert f"* {question.text}" in readme, question.text
        assert question.settled_by in ("", "signed in", "created", "found", "blank", "listed", "guard", "gone")
        assert question.settled_by or question.otherwise
