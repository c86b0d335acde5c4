"""Spreadsheets: a CSV or XLSX file, or a folder of them, read and written in place."""

from __future__ import annotations

from connectors.contract import Connector, Option, Settings, System, Wanted
from connectors.facts import Facts
from connectors.transport import Transport


def _open(settings: Settings, wanted: Wanted, transport: Transport) -> Connector:
    # Of the modules in here many are met (a mark before a formula, the largest sheet) where no workbook ever is.
    from connectors.spreadsheet.door import Door
    from connectors.spreadsheet.files import Spreadsheet

    return Door(settings, wanted) if settings.get("door") else Spreadsheet(settings, wanted)


connector = System(
    name="spreadsheet",
    title="Spreadsheet",
    summary="A CSV or XLSX file, or a folder of them, read and written in place.",
    options=(
        Option("path", "The file, or a folder whose .csv and .xlsx files are read together", required=True),
        Option(
            "door", "No file: sheets are brought in the browser, or put into the folder that path names", default=False
        ),
        Option("id", "Column with the row's own number or code; without one, only rows with a key are read"),
        Option("sheet", "Worksheet of an XLSX file; the first one by default"),
        Option("encoding", "Encoding of CSV files: utf-8, cp1252, …", default="utf-8"),
        Option("delimiter", "What parts the cells of a CSV file", default=","),
        Option("complete", "The file holds everything, so a row that is missing was deleted", default=False),
        Option("writable", "The hub may write into the file", default=False),
    ),
    open=_open,
    hosts=lambda settings: (),
    facts=Facts(
        direction="both",
        feed=("full_scan",),
        deletes=("none",),
        guard=("none",),
        key=("text", "none"),
        batch=(500,),
        limits="none",
        verified="the conformance kit with files that openpyxl and csv write",
    ),
)
