"""Four foundations, four kinds of system, one hub in this process; everything between them goes over real sockets and files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.contract import Record
from connectors.salesforce.sandbox import serve as serve_salesforce
from connectors.spreadsheet.formula import unmarked
from connectors.spreadsheet.xlsx_text import spelt
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.store.tables import Link, Opportunity, Quarantine
from hub.sync.run import RunResult, sync_all

CONFIG = """
[hub]
database = "{database}"
[members.alder]
name = "Alder Foundation"
lawful_basis = "agreement"
[members.saffron]
name = "Saffron Tide Fund"
lawful_basis = "agreement"
[members.corrie]
name = "Corrie Lane Trust"
lawful_basis = "agreement"
[members.dene]
name = "Dene Valley Fund"
lawful_basis = "agreement"
[connections.salesforce]
member = "alder"
system = "salesforce"
mapping = "salesforce-outbound-funds"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
allow_http = true
[connections.salesforce.options]
url = "{salesforce}"
client_id = "commons-hub"
client_secret = "file:secret"
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
[connections.csv]
member = "corrie"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
[connections.csv.options]
path = "sheet.csv"
id = "No."
writable = true
[connections.xlsx]
member = "dene"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
import = "all"
edits = "accept"
first_sync = "go"
[connections.xlsx.options]
path = "sheet.xlsx"
id = "No."
writable = true
"""

ORGANISATION = "Upper Valley Trust"
NAMES = ("salesforce", "airtable", "csv", "xlsx")
TEXTS: dict[str, dict[str, str]] = {
    "salesforce": {
        "title": "Name",
        "summary": "Commons_Summary__c",
        "need": "Commons_Need__c",
        "planned_activities": "Commons_Activities__c",
        "intended_impact": "Commons_Impact__c",
    },
    "airtable": {
        "title": "Title",
        "summary": "Summary",
        "need": "Need",
        "planned_activities": "Planned activities",
        "intended_impact": "Intended impact",
        "organization.name": "Organisation",
    },
}
TEXTS["csv"] = TEXTS["xlsx"] = TEXTS["airtable"]
HEAD = ["No.", "Share", "Commons ID", *TEXTS["csv"].values(), "Amount requested", "Currency", "Notes"]
TABLE = "Opportunities"

Texts = dict[str, str]
"""One opportunity's text by path."""


@dataclass(frozen=True)
class Held:
    """A system's record of one opportunity: what its owner sees, and what the hub says it cannot hold."""

    columns: dict[str, Any]
    texts: Texts
    unholdable: dict[str, str]


class Four:
    """``share`` puts opportunities into one system; ``sync`` runs the hub; ``held`` looks into each system."""

    def __init__(self, folder: Path, database: str = "sqlite:///hub.db") -> None:
        self.folder = folder
        self._database = database
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.time = ManualTime(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        seed = seeds.salesforce() | {"records": {}, "accounts": [{"Name": ORGANISATION}]}
        self.salesforce = serve_salesforce(seed, time=self.time)
        self.airtable = serve_airtable(seeds.airtable("appSaffronTide001", []), time=self.time, calls=None)
        for sandbox in (self.salesforce, self.airtable):
            self._stack.callback(sandbox.stop)
        self.csv, self.xlsx = self.folder / "sheet.csv", self.folder / "sheet.xlsx"
        _write_csv(self.csv, [])
        _write_xlsx(self.xlsx, [])
        (self.folder / "secret").write_text(seeds.SECRET)
        (self.folder / "secret").chmod(0o600)
        text = CONFIG.format(database=self._database, salesforce=self.salesforce.url, airtable=self.airtable.api)
        (self.folder / "config.toml").write_text(text)
        self.hub: Hub = open_hub(load(self.folder / "config.toml"), time=self.time)
        self._stack.callback(self.hub.engine.dispose)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def sync(self, *names: str) -> dict[str, RunResult]:
        self.time.sleep(60)
        return {result.connection: result for result in sync_all(self.hub, names or None)}

    def share(self, name: str, given: Sequence[Texts], **columns: Any) -> None:
        """Each of ``given`` becomes a record of this system, ticked to be shared, as its own people would write it."""
        column = TEXTS[name]
        rows = [{column[path]: text for path, text in texts.items()} | columns for texts in given]
        if name == "salesforce":
            [account] = [row["Id"] for row in self.salesforce.rows("Account")]
            always = {"Commons_Share__c": True, "outfunds__Applying_Organization__c": account}
            for row in rows:
                self.salesforce.write(seeds.REQUEST, None, row | always)
        elif name == "airtable":
            for row in rows:
                self.airtable.write(TABLE, None, row | {"Share": True})
        else:
            numbered = [row | {"No.": f"{number:04}", "Share": "Yes"} for number, row in enumerate(rows, 1)]
            (_write_csv if name == "csv" else _write_xlsx)(self.csv if name == "csv" else self.xlsx, numbered)

    def opportunities(self) -> dict[str, dict[str, Any]]:
        """The commons' facts by id."""
        return {row.id: dict(row.facts) for row in self.table(Opportunity)}

    def held(self, name: str) -> dict[str, Held]:
        """By opportunity: what each system shows, read without the hub wherever there is another way."""
        links = {row.remote_id: row for row in self.table(Link) if row.connection_id == name and row.remote_id}
        found = {}
        for id, columns in self._look(name).items():
            link = links.get(id)
            if link is not None:
                texts = {path: columns.get(column) for path, column in TEXTS[name].items()}
                found[link.opportunity_id] = Held(columns, texts, link.unholdable or {})
        return found

    def resave(self) -> None:
        """Somebody opens both files, changes nothing, and saves them: other quotes, other line ends, other zip."""
        with self.csv.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        with self.csv.open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
        load_workbook(self.xlsx).save(self.xlsx)

    def _look(self, name: str) -> dict[str, dict[str, Any]]:
        if name == "salesforce":
            return {row["Id"]: row for row in self.salesforce.rows(seeds.REQUEST)}
        if name == "airtable":
            return {row["id"]: row["fields"] for row in self.airtable.rows(TABLE)}
        return {record.id: record.fields for record in self.records(name)}

    def records(self, name: str) -> list[Record]:
        """All records as a connector of today reads them."""
        return [record for page in self.hub.connect(name).changes(None) for record in page.records]

    def table(self, model: Any) -> list[Any]:
        with self.hub.reading() as conn:
            return list(conn.execute(select(model.__table__)))

    def quarantined(self) -> list[Any]:
        return [row for row in self.table(Quarantine) if row.state == "open"]

    def writes(self) -> tuple[int, bytes, bytes]:
        """How many calls wrote, and the files as they are: equal before and after means that nothing was written."""
        calls = [call for sandbox in (self.salesforce, self.airtable) for call in list(sandbox.seen)]
        count = sum(call.method in ("PATCH", "PUT", "DELETE") for call in calls)
        count += sum(call.method == "POST" and not call.path.endswith(("/token", "/listRecords")) for call in calls)
        return count, self.csv.read_bytes(), self.xlsx.read_bytes()


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows([_typed(row.get(column, "")) for column in HEAD] for row in rows)


def _typed(text: Any) -> Any:
    """An apostrophe before a formula is how people write it as text, so text that has one itself needs one more."""
    return "'" + text if isinstance(text, str) and unmarked(text) != text else text


def _write_xlsx(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    book = Workbook()
    book.active.append(HEAD)
    for number, row in enumerate(rows, 2):
        for place, column in enumerate(HEAD, 1):
            cell = book.active.cell(number, place)
            value = row.get(column)
            cell.value = spelt(value) if isinstance(value, str) else value
            if isinstance(cell.value, str):
                cell.data_type = "s"  # what looks like a formula was typed as text
    book.save(path)
