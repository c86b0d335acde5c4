"""The stand-in for Google Sheets against gspread, a client that others wrote, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gspread
import pytest
from gspread.urls import SPREADSHEETS_API_V4_BASE_URL
from gspread.utils import DateTimeOption, InsertDataOption, ValueInputOption, ValueRenderOption

from connectors.clock import ManualTime, SystemTime
from connectors.google_sheets.sandbox import GoogleSheetsSandbox, serve
from connectors.google_sheets.sandbox_book import Cell

TAB = "Bob's projects"
ROWS: list[list[Any]] = [["No.", "Title", "Amount"], ["1", "Wells", 5000], ["2", "School", None], ["3", "Attic", 7.5]]


class Client(gspread.HTTPClient):
    """gspread's own, at another address: it has Google's written into it."""

    there = ""

    def request(self, method: str, endpoint: str, *args: Any, **how: Any) -> Any:
        assert endpoint.startswith(SPREADSHEETS_API_V4_BASE_URL)
        return super().request(method, endpoint.replace(SPREADSHEETS_API_V4_BASE_URL, self.there, 1), *args, **how)


@pytest.fixture
def google() -> Iterator[GoogleSheetsSandbox]:
    # gspread signs in by the machine's clock.
    with serve(
        {"spreadsheets": {"book": {"title": "Grants", "tabs": {TAB: ROWS}}}},
        time=ManualTime(SystemTime().now()),
        limit=None,
    ) as it:
        yield it


@pytest.fixture
def tab(google: GoogleSheetsSandbox) -> gspread.Worksheet:
    return opened(google).worksheet(TAB)


def opened(google: GoogleSheetsSandbox) -> gspread.Spreadsheet:
    there = type("There", (Client,), {"there": google.api})
    return gspread.service_account_from_dict(json.loads(google.key), http_client=there).open_by_key("book")


def test_gspread_signs_in_and_reads_what_people_see(google: GoogleSheetsSandbox, tab: gspread.Worksheet) -> None:
    assert (opened(google).title, tab.title, tab.row_count, tab.col_count) == ("Grants", TAB, 1000, 26)
    assert tab.get_all_values() == [
        ["No.", "Title", "Amount"],
        ["1", "Wells", "5000"],
        ["2", "School", ""],
        ["3", "Attic", "7.5"],
    ]
    assert tab.get_all_records()[2] == {"No.": 3, "Title": "Attic", "Amount": 7.5}
    assert (tab.acell("B2").value, tab.cell(9, 9).value, tab.col_values(3)) == (
        "Wells",
        None,
        ["Amount", "5000", "", "7.5"],
    )
    found = tab.find("School")
    assert found is not None and (found.row, found.col) == (3, 2)


def test_text_is_kept_raw_and_taken_as_typed_otherwise(tab: gspread.Worksheet) -> None:
    tab.update([["=1+1", "007"], ["'x", "TRUE"]], "B2", value_input_option=ValueInputOption.raw)
    shown = {"value_render_option": ValueRenderOption.unformatted}
    assert tab.get("B2:C3", **shown) == [["=1+1", "007"], ["'x", "TRUE"]]
    tab.update([["=1+1", "007"], ["'x", "TRUE"]], "B2", value_input_option=ValueInputOption.user_entered)
    assert tab.get("B2:C3", value_render_option=ValueRenderOption.formula) == [["=1+1", 7], ["x", True]]


def test_blanks_at_the_end_are_left_out_and_an_empty_text_clears(tab: gspread.Worksheet) -> None:
    tab.batch_update([{"range": "C2", "values": [[""]]}, {"range": "C4", "values": [[None]]}])
    assert tab.get("A1:F9") == [["No.", "Title", "Amount"], ["1", "Wells"], ["2", "School"], ["3", "Attic", "7.5"]]
    assert tab.batch_get(["A2:A", "E:F"]) == [[["1"], ["2"], ["3"]], []]
    tab.batch_clear(["A4:C4"])
    assert len(tab.get_all_values()) == 3


def test_days_are_numbers_or_text_as_asked(google: GoogleSheetsSandbox, tab: gspread.Worksheet) -> None:
    google.tab(TAB).put(2, 3, Cell(46083.0, pattern="d/m/yyyy"))
    raw = ValueRenderOption.unformatted
    assert tab.get("C2", value_render_option=raw, date_time_render_option=DateTimeOption.serial_number) == [[46083]]
    assert tab.get("C2", value_render_option=raw, date_time_render_option=DateTimeOption.formatted_string) == [
        ["2/3/2026"]
    ]


def test_rows_are_appended_to_the_table_that_is_there(google: GoogleSheetsSandbox, tab: gspread.Worksheet) -> None:
    google.tab(TAB).put(6, 1, Cell("a note below"))
    answer = tab.append_row(["4", "Bridge"], table_range="A1:C1", insert_data_option=InsertDataOption.insert_rows)
    assert answer["updates"]["updatedRange"] == "'Bob''s projects'!A5:B5"
    assert [row[0] for row in tab.get_all_values()] == ["No.", "1", "2", "3", "4", "", "a note below"]
    tab.append_row(["5", "Barn"], table_range="A1:C1")
    assert [row[0] for row in tab.get_all_values()][5:] == ["5", "a note below"]


def test_people_sort_insert_and_delete_rows(tab: gspread.Worksheet) -> None:
    tab.sort((2, "asc"), range="A2:C4")
    assert tab.col_values(2) == ["Title", "Attic", "School", "Wells"]
    tab.insert_row(["9", "Zoo"], 2)
    tab.delete_rows(3)
    assert tab.col_values(1) == ["No.", "9", "2", "1"]


def test_what_google_refuses_is_refused_whole(google: GoogleSheetsSandbox, tab: gspread.Worksheet) -> None:
    for change, words in (
        ([{"range": "B2", "values": [["x" * 50_001]]}], "50000 characters"),
        ([{"range": "B2", "values": [["new"]]}, {"range": "A1001", "values": [["x"]]}], "exceeds grid limits"),
        ([{"range": "B2", "values": [["a", "b"]]}, {"range": "B2:B3", "values": [["a", "b"]]}], "outside of it"),
    ):
        with pytest.raises(gspread.exceptions.APIError, match=words):
            tab.batch_update(change)
    google.tab(TAB).protected = {3}
    with pytest.raises(gspread.exceptions.APIError, match="protected cell"):
        tab.update([["a", 1]], "B2")
    assert tab.acell("B2").value == "Wells"
    with pytest.raises(gspread.exceptions.APIError, match="Unable to parse range") as caught:
        opened(google).values_get("'No such tab'!A1")
    assert caught.value.response.status_code == 400


def test_strangers_and_readers_are_kept_out(google: GoogleSheetsSandbox, tab: gspread.Worksheet) -> None:
    google.books["book"].roles = dict.fromkeys(google.books["book"].roles, "reader")
    assert tab.acell("B2").value == "Wells"
    with pytest.raises(gspread.exceptions.APIError, match="does not have permission"):
        tab.update([["x"]], "B2")
    google.books["book"].roles.clear()
    with pytest.raises(gspread.exceptions.APIError, match="does not have permission"):
        tab.acell("B2")


def test_sixty_reads_a_minute_and_not_one_more(google: GoogleSheetsSandbox, tab: gspread.Worksheet) -> None:
    google.limit = len(google.calls("GET")) + 3
    for _ in range(3):
        tab.acell("B2")
    with pytest.raises(gspread.exceptions.APIError, match="Read requests per minute per user") as caught:
        tab.acell("B2")
    assert caught.value.response.status_code == 429 and "Retry-After" not in caught.value.response.headers
    tab.update([["Deep wells"]], "B2")  # writes are counted by themselves
    google.time.sleep(60)
    assert tab.acell("B2").value == "Deep wells"
