"""Foundations that keep their work in Google Sheets, in one commons with an Airtable."""

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
from connectors.google_sheets.sandbox import serve
from connectors.sandbox import Fault
from connectors.transport import Transport
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.sync.run import RunResult, sync_all

TABLE, TAB, CANARY = "Opportunities", "Opportunities", "for-the-board-only"
ELM = [
    "No.",
    "Share",
    "Title",
    "Summary",
    "Organisation",
    "Amount requested",
    "Currency",
    "Start",
    "Board's opinion",
    "Need",
]
WELLS = ["E-1", "Yes", "Wells", "Clean water", "Upper Valley Trust", 5000, "USD", "2027", CANARY, ""]


class Commons:
    """Elm shares out of a sheet with a title row, Fir takes everything up into a bare one; so does Oak, in Airtable."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder, self.log = folder, list[dict[str, Any]]()
        self.time = ManualTime()
        books = {
            "elm-book": {"tabs": {TAB: [["Our projects"], ELM, WELLS]}},
            "fir-book": {"tabs": {TAB: [["Commons ID", "Title", "Owner"], [None, "Fir's own", "Fir"]]}},
        }
        self.google = held.enter_context(serve({"spreadsheets": books}, time=self.time, limit=60))
        base = seeds.airtable("appCommons0000001", [])
        self.oak = held.enter_context(serve_airtable(base, time=self.time, calls=None))
        self._write_config()
        transport = partial(Transport, log=self.log.append)
        self.hub: Hub = open_hub(load(folder / "config.toml"), time=self.time, transport=transport)
        held.callback(self.hub.engine.dispose)

    def once(self) -> dict[str, RunResult]:
        self.time.sleep(300)
        report = lambda *said, **more: self.log.append({"said": said, **more})  # noqa: E731
        return {result.connection: result for result in sync_all(self.hub, report=report)}

    def settle(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            results = self.once()
            assert all(result.state == "done" for result in results.values()), results

    def elm(self) -> list[dict[str, Any]]:
        tab = self.google.tab(TAB, "elm-book")
        return _rows(tab, 2)

    def fir(self) -> list[dict[str, Any]]:
        return _rows(self.google.tab(TAB, "fir-book"), 1)

    def writes(self) -> list[Any]:
        google = [call for call in self.google.seen if call.method != "GET" and call.path != "/token"]
        oak = [c for c in self.oak.seen if c.method != "GET" and not c.path.endswith("/listRecords")]
        return google + oak

    def stored(self) -> str:
        files = [path.read_bytes() for path in self.folder.iterdir() if path.name.startswith("hub.db")]
        return b"".join(files).decode("latin-1") + json.dumps(self.log, default=str)

    def _write_config(self) -> None:
        for name, secret in (("key.json", self.google.key), ("token", seeds.SECRET)):
            (self.folder / name).write_text(secret)
            (self.folder / name).chmod(0o600)
        lines = ["[hub]", 'database = "sqlite:///hub.db"']
        for name in ("elm", "fir", "oak"):
            lines += [f"[members.{name}]", f'name = "{name.title()} Fund"', 'lawful_basis = "agreement"']
        there = {"url": self.google.api, "token_url": self.google.token_url, "key": "file:key.json"}
        elm = there | {"spreadsheet": "elm-book", "id": "No.", "header": 2}
        lines += _connection("elm", "google-sheets", elm, "shares = true")
        takes = ('import = "all"', 'edits = "accept"')
        lines += _connection("fir", "google-sheets", there | {"spreadsheet": "fir-book"}, *takes)
        oak = {"url": self.oak.api, "base": "appCommons0000001", "token": "file:token"}
        lines += _connection("oak", "airtable", oak, *takes)
        (self.folder / "config.toml").write_text("\n".join(lines))


def _connection(name: str, system: str, options: dict[str, Any], *more: str) -> list[str]:
    head = [f"[connections.{name}]", f'member = "{name}"', f'system = "{system}"', f'mapping = "{system}"']
    body = ['first_sync = "go"', "allow_http = true", *more, f"[connections.{name}.options]"]
    return [*head, *body, *(f"{option} = {json.dumps(value)}" for option, value in options.items())]


def _rows(tab: Any, header: int) -> list[dict[str, Any]]:
    from connectors.google_sheets.sandbox_rows import read

    return [row for _, row in read(tab, header)]


@pytest.fixture
def commons(tmp_path: Path) -> Iterator[Commons]:
    with ExitStack() as held:
        yield Commons(tmp_path, held)


def _one(rows: list[dict[str, Any]], title: str = "Wells") -> dict[str, Any]:
    (row,) = [row for row in rows if row.get("Title") == title]
    return row


def test_a_row_ticked_in_a_sheet_is_in_another_sheet_and_in_airtable_and_then_all_is_quiet(commons: Commons) -> None:
    commons.settle()
    own, copy, theirs = _one(commons.elm()), _one(commons.fir()), commons.oak.rows(TABLE)[0]["fields"]
    assert own["Commons ID"] == copy["Commons ID"] == theirs["Commons ID"] != ""
    assert (copy["Summary"], copy["Amount requested"], copy["Currency"]) == ("Clean water", 5000, "USD")
    assert theirs["Title"] == "Wells" and own["Commons status"] == copy["Commons status"] == "Published"
    assert own["Board's opinion"] == CANARY and CANARY not in commons.stored()
    assert _one(commons.fir(), "Fir's own") == {"Title": "Fir's own", "Owner": "Fir"}
    before = len(commons.writes())
    commons.settle(1)
    assert len(commons.writes()) == before


def test_edits_find_their_rows_wherever_people_sort_them(commons: Commons) -> None:
    for number in range(2, 6):
        cells = {
            "No.": f"E-{number}",
            "Share": "Yes",
            "Title": f"Project {6 - number}",
            "Organisation": "Upper Valley Trust",
        }
        commons.google.write(TAB, None, cells | {"Summary": f"about {number}"}, header=2)
    commons.settle()
    elm = commons.google.tab(TAB, "elm-book")
    titles = {row["No."]: row["Title"] for row in commons.elm()}
    (wells,) = [row["id"] for row in commons.oak.rows(TABLE) if row["fields"]["Title"] == "Wells"]
    commons.oak.write(TABLE, wells, {"Need": "Oak knows the need"})
    commons.google.before("POST", "elm-book/values:batchUpdate", lambda: elm.sort(3, 3))
    for _ in range(5):
        commons.once()
    assert {row["No."]: row["Title"] for row in commons.elm()} == titles, "a title is in the wrong row"
    assert {row["No."]: row.get("Need") for row in commons.elm() if row.get("Need")} == {"E-1": "Oak knows the need"}
    assert _one(commons.fir())["Need"] == "Oak knows the need"


def test_the_same_cell_edited_on_both_sides_is_a_question(commons: Commons) -> None:
    commons.settle()
    commons.google.write(TAB, 3, {"Summary": "as Elm has it"}, header=2)
    fir = commons.google.tab(TAB, "fir-book")
    ((row, column),) = [at for at, cell in fir.cells.items() if cell.value == "Clean water"]
    from connectors.google_sheets.sandbox_book import Cell

    fir.put(row, column, Cell("as Fir has it"))
    commons.settle()
    assert _one(commons.elm())["Summary"] == "as Elm has it" and _one(commons.fir())["Summary"] == "as Fir has it"


def test_a_lost_answer_to_a_new_row_makes_no_second_one(commons: Commons) -> None:
    commons.google.misbehave(Fault("drop_after", method="POST", path=":append"))
    for _ in range(5):
        commons.once()
    assert len([row for row in commons.fir() if row.get("Title") == "Wells"]) == 1


def test_withdrawing_says_so_elsewhere_and_takes_no_row_away(commons: Commons) -> None:
    commons.settle()
    commons.google.write(TAB, 3, {"Share": "No"}, header=2)
    commons.settle()
    assert _one(commons.fir())["Commons status"] == "Withdrawn" and _one(commons.fir())["Title"] == "Wells"


def test_no_key_and_no_token_is_in_a_database_or_a_log(commons: Commons) -> None:
    commons.settle()
    tokens = [
        c.headers["authorization"].removeprefix("Bearer ") for c in commons.google.seen if "authorization" in c.headers
    ]
    stored = commons.stored()
    assert tokens and not any(token in stored for token in tokens) and "PRIVATE KEY" not in stored
