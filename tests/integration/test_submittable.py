"""Foundations with Submittable in one commons with an Airtable: sharing, taking up, edits from both sides, leaving."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.sandbox import Fault, Seen
from connectors.submittable.sandbox import serve
from connectors.submittable.sandbox_request import MAILS
from connectors.submittable.sandbox_state import CANARY
from connectors.transport import Transport
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.sync.run import RunResult, sync_all
from tests.submittable import KEY, OWN, TAKEN_UP, options, seed

TABLE = "Opportunities"
WELLS: dict[str, Any] = {
    "Share with the commons": "Yes", "Title": "Wells", "Summary": "Clean water for a valley", "Organisation": "Upper Valley Trust",
    "Amount requested": 5000, "Currency": "USD", "Themes": "Education", "Board's opinion": f"{CANARY}-board", "Start": "2027",
}  # fmt: skip
QUIET = {
    ("GET", "entries"), ("GET", "forms"), ("GET", "organizations"), ("GET", "projects"), ("GET", "submissions"),
    ("POST", "submissions"), ("POST", "submissions/ids"), ("POST", "entries/internal"), ("PUT", "entries"),
}  # fmt: skip
"""All that the hub may ask of Submittable here; none of it can reach an applicant."""


class Commons:
    """Elm and Fir work in Submittable, Oak in Airtable. Elm shares; Fir and Oak take up everything."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder, self.log = folder, list[dict[str, Any]]()
        self.time = ManualTime()
        self.elm = held.enter_context(serve(seed(), time=self.time))
        self.fir = held.enter_context(serve(seed(), time=self.time))
        self.oak = held.enter_context(
            serve_airtable(seeds.airtable("appCommons0000001", []), time=self.time, calls=None)
        )
        self._write_config()
        self.hub = self._open()
        held.callback(self.hub.engine.dispose)

    def once(self) -> list[RunResult]:
        return sync_all(self.hub, report=lambda *said, **more: self.log.append({"said": said, **more}))

    def sync(self) -> dict[str, RunResult]:
        self.time.sleep(300)
        results = {result.connection: result for result in self.once()}
        assert all(result.state == "done" for result in results.values()), results
        return results

    def settle(self) -> None:
        for _ in range(3):
            self.sync()

    def writes(self) -> list[Seen]:
        calls = [call for system in (self.elm, self.fir, self.oak) for call in system.seen]
        return [call for call in calls if call.method != "GET" and not call.path.endswith(("/ids", "/listRecords"))]

    def taken_up(self) -> dict[str, str]:
        """Fir's one copy, as its page shows it."""
        (one,) = [s for s in self.fir.organisation.submissions.values() if s.project.name == TAKEN_UP]
        return self.fir.cells(one.id)

    def taken_up_id(self) -> str:
        (one,) = [s.id for s in self.fir.organisation.submissions.values() if s.project.name == TAKEN_UP]
        return one

    def in_airtable(self) -> dict[str, Any]:
        (row,) = self.oak.rows(TABLE)
        return dict(row["fields"])

    def in_airtable_id(self) -> str:
        (row,) = self.oak.rows(TABLE)
        return str(row["id"])

    def stored(self) -> str:
        """Everything that the hub keeps and wrote to its log."""
        files = [path.read_bytes() for path in self.folder.iterdir() if path.name.startswith("hub.db")]
        return b"".join(files).decode("latin-1") + json.dumps(self.log, default=str)

    def _open(self) -> Hub:
        transport = partial(Transport, log=self.log.append)
        return open_hub(load(self.folder / "config.toml"), time=self.time, transport=transport)

    def _write_config(self) -> None:
        for name, secret in (("key", KEY), ("token", seeds.SECRET)):
            (self.folder / name).write_text(secret)
            (self.folder / name).chmod(0o600)
        lines = ["[hub]", 'database = "sqlite:///hub.db"']
        for name in ("elm", "fir", "oak"):
            lines += [f"[members.{name}]", f'name = "{name.title()} Fund"', 'lawful_basis = "agreement"']
        lines += _connection("elm", "submittable", options(self.elm) | {"key": "file:key"}, "shares = true")
        lines += _connection(
            "fir",
            "submittable",
            options(self.fir, imports=True) | {"key": "file:key"},
            'import = "all"',
            'edits = "accept"',
        )
        there = {"url": self.oak.api, "base": "appCommons0000001", "token": "file:token"}
        lines += _connection("oak", "airtable", there, 'import = "all"', 'edits = "accept"')
        (self.folder / "config.toml").write_text("\n".join(lines))


def _connection(name: str, system: str, options: dict[str, Any], *more: str) -> list[str]:
    head = [f"[connections.{name}]", f'member = "{name}"', f'system = "{system}"', f'mapping = "{system}"']
    body = ['first_sync = "go"', "allow_http = true", *more, f"[connections.{name}.options]"]
    return [*head, *body, *(f"{option} = {json.dumps(value)}" for option, value in options.items())]


@pytest.fixture
def commons(tmp_path: Path) -> Iterator[Commons]:
    with ExitStack() as held:
        yield Commons(tmp_path, held)


def test_what_elm_ticks_is_in_airtable_and_in_firs_submittable_and_then_all_is_quiet(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS | {"initial: Project title": "Wells, by the applicant"})
    commons.elm.write(OWN, None, {"initial: Project title": "Not ticked", "Title": "Not ticked"})
    commons.settle()
    theirs, copy = commons.in_airtable(), commons.taken_up()
    assert theirs["Title"] == copy["Title"] == copy["initial: Title"] == "Wells"
    assert theirs["Amount requested"] == 5000 and copy["Amount requested"] == "5000" and copy["Currency"] == "USD"
    assert theirs["Theme"] == ["Education"] and copy["Themes"] == "Education"
    assert copy["Commons ID"] == copy["initial: Commons ID"] == commons.elm.cells(own)["Commons ID"] != ""
    assert copy["Commons status"] == "Published" and copy["Shared by"] == "Elm Fund"
    assert len(commons.elm.organisation.submissions) == 2
    before = len(commons.writes())
    commons.sync()
    assert len(commons.writes()) == before


def test_edits_from_every_side_meet_and_then_all_is_quiet(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS)
    commons.settle()
    commons.elm.write(OWN, own, {"Summary": "Elm says more"})
    commons.fir.write(TAKEN_UP, commons.taken_up_id(), {"Need": "Fir knows the need"})
    commons.oak.write(TABLE, commons.in_airtable_id(), {"Planned activities": "Oak knows the plan"})
    commons.settle()
    expected = {"Summary": "Elm says more", "Need": "Fir knows the need", "Planned activities": "Oak knows the plan"}
    for shown in (commons.elm.cells(own), commons.taken_up(), commons.in_airtable()):
        assert {name: shown[name] for name in expected} == expected
    assert commons.elm.cells(own)["Board's opinion"] == f"{CANARY}-board"  # a PUT of the form took nothing away
    before = len(commons.writes())
    commons.sync()
    assert len(commons.writes()) == before


def test_the_same_field_edited_on_both_sides_is_a_question_and_nobody_loses_anything(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS)
    commons.settle()
    commons.elm.write(OWN, own, {"Summary": "as Elm has it"})
    commons.fir.write(TAKEN_UP, commons.taken_up_id(), {"Summary": "as Fir has it"})
    commons.settle()
    assert commons.elm.cells(own)["Summary"] == "as Elm has it"
    assert commons.taken_up()["Summary"] == "as Fir has it"


def test_withdrawing_says_so_elsewhere_and_changes_nobodys_pipeline(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS)
    commons.settle()
    commons.elm.write(OWN, own, {"Share with the commons": "No"})
    commons.settle()
    assert commons.taken_up()["Commons status"] == commons.in_airtable()["Commons status"] == "Withdrawn"
    assert commons.taken_up()["submissionStatus"] == "new" and commons.taken_up()["Title"] == "Wells"
    before = len(commons.writes())
    commons.sync()
    assert len(commons.writes()) == before


def test_stage_and_amount_stay_at_home_until_the_member_says_otherwise(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS)
    commons.settle()
    gap = commons.elm.cells(own)["Commons gap"]
    commons.fir.write(TAKEN_UP, commons.taken_up_id(), {"submissionStatus": "accepted", "Our amount": 2000})
    commons.settle()
    assert commons.elm.cells(own)["Commons gap"] == gap and commons.elm.cells(own)["Commons funders"] in ("", "0")
    commons.fir.write(TAKEN_UP, commons.taken_up_id(), {"Show our commitment": "Yes"})
    commons.settle()
    assert commons.elm.cells(own)["Commons gap"] != gap and commons.elm.cells(own)["Commons funders"] == "1"
    assert commons.in_airtable()["Commons funders"] == 1


def test_a_lost_answer_to_a_new_submission_makes_no_second_one(commons: Commons) -> None:
    commons.elm.write(OWN, None, WELLS)
    commons.fir.misbehave(Fault("drop_after", method="POST", path="/v4/submissions", skip=0))
    commons.time.sleep(300)
    commons.once()
    commons.settle()
    copy = commons.taken_up()
    assert copy["Title"] == "Wells" and copy["Amount requested"] == "5000"


def test_a_new_submission_whose_commons_form_could_not_be_filled_in_is_found_and_finished(commons: Commons) -> None:
    commons.elm.write(OWN, None, WELLS)
    commons.fir.misbehave(Fault("drop_before", method="POST", path="/v4/entries/internal"))
    commons.time.sleep(300)
    commons.once()
    commons.settle()
    copy = commons.taken_up()
    assert (copy["Title"], copy["Summary"], copy["Amount requested"]) == ("Wells", "Clean water for a valley", "5000")


def test_nothing_that_reaches_an_applicant_is_ever_sent(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS)
    commons.settle()
    commons.elm.write(OWN, own, {"Summary": "again"})
    commons.fir.write(TAKEN_UP, commons.taken_up_id(), {"Need": "more"})
    commons.settle()
    commons.elm.write(OWN, own, {"Share with the commons": "No"})
    commons.settle()
    seen = [*commons.elm.seen, *commons.fir.seen]
    assert {call.method for call in seen} >= {"GET", "POST", "PUT"}
    for call in seen:
        first, *rest = call.path.removeprefix("/v4/").split("/")
        place = f"{first}/{rest[0]}" if rest and rest[0] in ("ids", "internal") else first
        assert (call.method, place) in QUIET and len(rest) <= 3, call
        assert not call.body or not MENTIONS.intersection(_names(call.json())), call
    assert commons.elm.organisation.outbox == commons.fir.organisation.outbox == []


MENTIONS = {*MAILS, "status", "submissionStatus", "internalNote", "shouldUseOrganizationEmail", "refereeEmail"}


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in _names(each)}
    return {name for each in value for name in _names(each)} if isinstance(value, list) else set()


def test_people_and_reviews_are_in_no_database_no_log_and_no_other_system(commons: Commons) -> None:
    own = commons.elm.write(OWN, None, WELLS | {"initial: Your address": f"{CANARY}@applicant.example"})
    commons.settle()
    commons.elm.write(OWN, own, {"Summary": "again"})
    commons.settle()
    shown = [call for call in commons.elm.seen if call.path.startswith("/v4/entries")]
    assert shown, "the canaries were within reach"
    assert "Upper Valley Trust" in commons.stored()
    assert CANARY not in commons.stored()
    others = [call.body for system in (commons.fir, commons.oak) for call in system.seen]
    assert not any(CANARY.encode() in body for body in others)
    assert KEY not in commons.stored()
