"""Every connector of the house and its stand-in system, as the kit wants them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors import registry
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.contract import Connector, Secret, Settings, Wanted
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.transport import Transport
from hub.conformance.kit import Subject

REQUEST = "outfunds__Funding_Request__c"


def _opened(system: str, options: dict[str, Any], wanted: Wanted, time: ManualTime) -> Connector:
    found = registry.load(system)
    settings = Settings("mine", options)
    transport = Transport(hosts=found.hosts(settings), time=time, jitter=lambda: 0.0, allow_http=True)
    return found.open(settings, wanted, transport)


@contextmanager
def airtable() -> Iterator[Subject]:
    fields = [{"name": name, "type": "multilineText"} for name in ("Title", "Commons ID", "Private")]
    fields += [{"name": "Amount", "type": "number", "options": {"precision": 0}}]
    seed = {"base": "appConformance001", "token": "patTest", "tables": {"Rows": {"fields": fields, "records": []}}}
    time = ManualTime()
    with serve_airtable(seed, time=time, calls=None) as sandbox:
        options = {"url": sandbox.api, "base": "appConformance001", "token": Secret("patTest")}
        wanted = Wanted("Rows", ("Title", "Commons ID", "Amount"), "Commons ID")
        yield Subject(
            open=lambda: _opened("airtable", options, wanted, time), key="Commons ID", text="Title", unwanted="Private",
            plant=lambda cells: sandbox.write("Rows", None, cells), alter=lambda id, cells: _ignore(sandbox.write("Rows", id, cells)),
            remove=lambda id: sandbox.remove("Rows", id), spoil={"Title": "x", "Amount": "not a number"},
            lock_out=lambda: options.update(token=Secret("patWrong")), cut_off=sandbox.stop,
        )  # fmt: skip


@contextmanager
def salesforce() -> Iterator[Subject]:
    time = ManualTime()
    with SalesforceSandbox(time=time) as sandbox:
        options = {"url": sandbox.url, "client_id": CLIENT_ID, "client_secret": Secret(CLIENT_SECRET)}
        wanted = Wanted(REQUEST, ("Name", "Commons_Id__c", "Commons_Share__c"), "Commons_Id__c")

        def later(act: Any) -> Any:
            time.sleep(2)  # its version is a time in seconds
            return act

        yield Subject(
            open=lambda: _opened("salesforce", options, wanted, time), key="Commons_Id__c", text="Name",
            unwanted="Commons_Summary__c",
            plant=lambda cells: later(sandbox.write(REQUEST, None, cells)),
            alter=lambda id, cells: _ignore(later(sandbox.write(REQUEST, id, cells))),
            remove=lambda id: sandbox.remove(REQUEST, id), spoil={"Name": "x" * 300},
            lock_out=lambda: options.update(client_secret=Secret("wrong")), cut_off=sandbox.stop,
        )  # fmt: skip


@contextmanager
def spreadsheet(name: str) -> Iterator[Subject]:
    from openpyxl import Workbook, load_workbook

    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        columns = ["No.", "Title", "Commons ID", "Private"]

        def load() -> list[dict[str, str]]:
            if path.suffix == ".csv":
                with path.open(newline="", encoding="utf-8") as file:
                    return list(csv.DictReader(file))
            rows = list(load_workbook(path).active.iter_rows(values_only=True))
            return [{c: v for c, v in zip(columns, row, strict=True) if v is not None} for row in rows[1:]]

        def store(rows: list[dict[str, str]]) -> None:
            if path.suffix == ".csv":
                with path.open("w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, columns)
                    writer.writeheader()
                    writer.writerows(rows)
                return
            book = Workbook()
            book.active.append(columns)
            for row in rows:
                book.active.append([row.get(column) for column in columns])
            book.save(path)

        def plant(cells: dict[str, str]) -> str:
            rows = load()
            id = f"{len(rows) + 1:03}"
            store([*rows, {"No.": id} | cells])
            return id

        def alter(id: str, cells: dict[str, str]) -> None:
            store([row | cells if row["No."] == id else row for row in load()])

        store([])
        options = {"path": str(path), "id": "No.", "writable": True}
        wanted = Wanted("rows", ("Title", "Commons ID"), "Commons ID")
        yield Subject(
            open=lambda: _opened("spreadsheet", options, wanted, ManualTime()), key="Commons ID", text="Title",
            unwanted="Private", plant=plant, alter=alter,
            remove=lambda id: store([row for row in load() if row["No."] != id]),
            cut_off=path.unlink,
        )  # fmt: skip


def _ignore(_result: object) -> None:
    return None
