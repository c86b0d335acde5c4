"""Google Sheets: one tab of one spreadsheet, over the values part of the Sheets API."""

from __future__ import annotations

from connectors.addresses import host_of
from connectors.contract import Option, Settings, System
from connectors.facts import Facts
from connectors.google_sheets.connector import BATCH, URL, open_sheet
from connectors.google_sheets.sign_in import TOKEN_URL

__all__ = ["connector"]


def _hosts(settings: Settings) -> tuple[str, ...]:
    given = (str(settings.get("url") or URL), str(settings.get("token_url") or TOKEN_URL))
    return tuple(dict.fromkeys(host for url in given if (host := host_of(url))))


connector = System(
    name="google-sheets",
    title="Google Sheets",
    summary="One tab of a Google spreadsheet, read and written cell by cell with a service account.",
    options=(
        Option("spreadsheet", "Id of the spreadsheet: the part of its address between /d/ and /edit", required=True),
        Option("key", "Key of the service account: the whole JSON file that Google made", required=True, secret=True),
        Option("sheet", "Name of the tab; the mapping's object by default"),
        Option("id", "Column with the row's own number or code; without one, only rows with a key are read"),
        Option("header", "Number of the row that names the columns; title rows stand above it", default=1),
        Option("complete", "The tab holds everything, so a row that is missing was deleted", default=False),
        Option("writable", "The hub may write into the tab", default=True),
        Option("url", "Address of the Sheets API; another one is for a stand-in server.", default=URL),
        Option("token_url", "Where the service account signs in; another one is for a stand-in.", default=TOKEN_URL),
    ),
    open=open_sheet,
    hosts=_hosts,
    sandbox="connectors.google_sheets.sandbox:serve",
    facts=Facts(
        direction="both",
        feed=("full_scan",),
        deletes=("none",),
        guard=("none",),
        key=("text", "none"),
        batch=(BATCH,),
        limits="60 reads and 60 writes a minute for a service account",
        verified="the conformance kit with its stand-in, which gspread drives too",
    ),
)
