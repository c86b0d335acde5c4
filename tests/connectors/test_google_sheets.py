"""The Google Sheets connector against its stand-in over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Connector,
    Draft,
    Edit,
    Forbidden,
    Gone,
    Invalid,
    RateLimited,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Stale,
    Unavailable,
    Wanted,
)
from connectors.google_sheets.connector import open_sheet
from connectors.google_sheets.sandbox import GoogleSheetsSandbox, serve
from connectors.google_sheets.sandbox_book import Cell
from connectors.sandbox import Fault
from connectors.transport import Transport

TAB = "Our projects"
NAMES = ["No.", "Title", "Notes", "Amount", "Commons ID"]
ROWS: list[list[Any]] = [
    ["Everything we fund"],
    NAMES,
    ["7", "Wells", "private", 5000, "k-7"],
    ["8", "School", None, 1.5, None],
    ["9", "Attic", None, None, "k-9"],
]
WANTED = Wanted(TAB, ("Title", "Amount", "Commons ID"), "Commons ID")


@pytest.fixture
def google() -> Iterator[GoogleSheetsSandbox]:
    with serve({"spreadsheets": {"book": {"tabs": {TAB: ROWS}}}}, time=ManualTime(), limit=None) as server:
        yield server


def opened(google: GoogleSheetsSandbox, wanted: Wanted = WANTED, **options: Any) -> Connector:
    there = {"url": google.api, "token_url": google.token_url, "key": Secret(google.key)}
    settings = Settings("mine", there | {"spreadsheet": "book", "id": "No.", "header": 2} | options)
    hosts = [google.url.split("//")[1]]
    return open_sheet(settings, wanted, Transport(hosts=hosts, time=google.time, jitter=lambda: 0.0, allow_http=True))


def read(connector: Connector, since: str | None = None) -> list[Record]:
    return [record for page in connector.changes(since) for record in page.records]


def one(connector: Connector, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record), found
    return found


def refused(connector: Connector) -> list[str]:
    return [each.reason for page in connector.changes(None) for each in page.refused]


def titles(google: GoogleSheetsSandbox) -> dict[str, Any]:
    return {row.get("No.", ""): row.get("Title") for row in google.rows(TAB, 2)}


# --- reading


def test_only_the_wanted_columns_are_asked_for(google: GoogleSheetsSandbox) -> None:
    records = read(opened(google))
    assert [record.fields for record in records] == [
        {"Title": "Wells", "Amount": 5000, "Commons ID": "k-7"},
        {"Title": "School", "Amount": Decimal("1.5"), "Commons ID": None},
        {"Title": "Attic", "Amount": None, "Commons ID": "k-9"},
    ]
    (call,) = google.calls("GET", "batchGet")
    assert "A2%3AB" in call.query and "D2%3AE" in call.query and "C2" not in call.query


def test_what_did_not_change_is_not_shown_again_and_sorting_is_no_change(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    *_, page = connector.changes(None)
    google.tab(TAB).sort(2, 3)
    assert read(connector, page.cursor) == []
    google.write(TAB, 3, {"Title": "Attics"}, header=2)
    assert len(read(connector, page.cursor)) == 3


def test_rows_that_cannot_be_told_apart_are_set_aside_with_their_numbers(google: GoogleSheetsSandbox) -> None:
    google.write(TAB, None, {"No.": "8", "Title": "Another eight"}, header=2)
    google.write(TAB, None, {"Title": "Nameless"}, header=2)
    google.write(TAB, None, {"No.": "10", "Title": {"value": "#REF!", "formula": "=Gone!A1"}}, header=2)
    connector = opened(google)
    assert {record.id for record in read(connector)} == {"7", "9"}
    first, second, nameless, broken = refused(connector)
    assert first == second and "row 4 and tab 'Our projects', row 6 share No. '8'" in first
    assert "row 7: it has no 'No.'" in nameless and "row 8: 'Title' shows the error #REF!" in broken


def test_only_a_tab_that_is_declared_complete_proves_that_a_row_is_gone(google: GoogleSheetsSandbox) -> None:
    google.tab(TAB).delete(4)
    assert not isinstance(opened(google).get(["8"])["8"], Gone)
    whole = opened(google, complete=True)
    assert isinstance(whole.get(["8"])["8"], Gone) and [page.complete for page in whole.changes(None)] == [True]
    google.write(TAB, None, {"Title": "Which one?"}, header=2)
    assert not isinstance(whole.get(["8"])["8"], Gone), "the row without a number may be the one"


def test_days_come_as_they_are_shown_and_long_sums_as_people_see_them(google: GoogleSheetsSandbox) -> None:
    google.tab(TAB).put(3, 2, Cell(46083.0, pattern="yyyy-mm-dd"))
    google.tab(TAB).put(3, 4, Cell(110.00000000000001))
    assert one(opened(google), "7").fields == {"Title": "2026-03-02", "Amount": 110, "Commons ID": "k-7"}


def test_a_column_moved_between_two_calls_is_not_read_as_its_neighbour(google: GoogleSheetsSandbox) -> None:
    google.before("GET", "batchGet", lambda: google.tab(TAB).insert_column(2))
    with pytest.raises(Unavailable, match="columns were moved"):
        read(opened(google))


# --- writing


def test_an_edit_is_a_few_single_cells_of_text_that_stays_text(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    (outcome,) = connector.update([Edit("8", {"Title": "=1+1", "Amount": None}, one(connector, "8"))])
    assert outcome.error is None and outcome.record is not None and outcome.record.fields["Title"] == "=1+1"
    (call,) = google.calls("POST", "values:batchUpdate")
    assert call.json()["valueInputOption"] == "RAW"
    assert call.json()["data"] == [
        {"range": "'Our projects'!B4", "values": [["=1+1"]]},
        {"range": "'Our projects'!D4", "values": [[""]]},
    ]
    cell = google.tab(TAB).cells[4, 2]
    assert cell.value == "=1+1" and not cell.formula and (4, 4) not in google.tab(TAB).cells


def test_a_row_changed_since_it_was_read_is_not_written_over(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    edit = Edit("8", {"Title": "ours"}, one(connector, "8"))
    google.write(TAB, 4, {"Title": "theirs"}, header=2)
    (outcome,) = connector.update([edit])
    assert isinstance(outcome.error, Stale) and "row 4" in str(outcome.error)
    assert titles(google)["8"] == "theirs" and not google.calls("POST", "values:batchUpdate")


def test_rows_sorted_before_the_last_look_are_left_for_the_next_sync(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    edit = Edit("7", {"Title": "Deep wells"}, one(connector, "7"))
    looks = iter([lambda: None, lambda: google.tab(TAB).sort(2, 3)])
    google.before("GET", "values:batchGet", next(looks))
    google.before("GET", "values:batchGet", next(looks))
    (outcome,) = connector.update([edit])
    assert isinstance(outcome.error, Stale) and "moved rows" in str(outcome.error)
    assert titles(google) == {"7": "Wells", "8": "School", "9": "Attic"}


def test_rows_sorted_in_the_very_moment_of_writing_are_set_right_again(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    edits = [Edit(id, {"Title": f"{id} anew"}, one(connector, id)) for id in ("7", "8")]
    google.before("POST", "values:batchUpdate", lambda: google.tab(TAB).sort(2, 3))
    outcomes = connector.update(edits)
    assert [outcome.id for outcome in outcomes] == ["7", "8"], outcomes
    assert titles(google) == {"7": "7 anew", "8": "8 anew", "9": "Attic"}
    assert [row.get("Notes") for row in google.rows(TAB, 2) if row["No."] == "7"] == ["private"]


def test_a_row_inserted_above_in_the_moment_of_writing_costs_nobody_a_cell(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    google.before("POST", "values:batchUpdate", lambda: google.tab(TAB).insert(3, 1))
    (outcome,) = connector.update([Edit("8", {"Title": "Big school"}, one(connector, "8"))])
    assert outcome.error is None and titles(google) == {"7": "Wells", "8": "Big school", "9": "Attic"}


def test_a_value_that_landed_in_a_row_without_a_number_is_named_to_a_person(google: GoogleSheetsSandbox) -> None:
    google.write(TAB, None, {"Title": "Nameless"}, header=2)
    connector = opened(google)
    google.before("POST", "values:batchUpdate", lambda: google.tab(TAB).sort(2, 3))  # row 4 is Nameless then
    (outcome,) = connector.update([Edit("8", {"Title": "Big school"}, one(connector, "8"))])
    assert titles(google) == {"": "Big school", "7": "Wells", "8": "Big school", "9": "Attic"}
    assert isinstance(outcome.error, Ambiguous) and "look at tab 'Our projects', row 4, 'Title'" in str(outcome.error)


def test_a_colleagues_edit_right_after_ours_is_left_alone(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    expected = one(connector, "8")
    reads = [lambda: None, lambda: None, lambda: google.write(TAB, 4, {"Title": "theirs"}, header=2) and None]
    for act in reads:
        google.before("GET", "values:batchGet", act)
    (outcome,) = connector.update([Edit("8", {"Title": "ours"}, expected)])
    assert isinstance(outcome.error, Ambiguous) and titles(google)["8"] == "theirs"
    assert len(google.calls("POST", "values:batchUpdate")) == 1


def test_a_formula_is_not_written_over(google: GoogleSheetsSandbox) -> None:
    google.write(TAB, 4, {"Title": {"value": "School", "formula": "=CONCAT(A1)"}}, header=2)
    connector = opened(google)
    (outcome,) = connector.update([Edit("8", {"Title": "ours"}, one(connector, "8"))])
    assert isinstance(outcome.error, Invalid) and "row 4: 'Title' holds a formula" in str(outcome.error)
    assert google.tab(TAB).cells[4, 2].formula == "=CONCAT(A1)"


def test_new_rows_go_below_the_others_and_write_over_nothing(google: GoogleSheetsSandbox) -> None:
    google.tab(TAB).put(7, 1, Cell("Signed by the board"))
    drafts = [Draft(f"k-{n}", {"Commons ID": f"k-{n}", "Title": f"Bridge {n}", "Amount": n}) for n in (11, 12)]
    first, second = opened(google).create(drafts)
    assert first.id == "k-11" and second.record is not None and second.record.fields["Amount"] == 12
    assert [row["No."] for row in google.rows(TAB, 2)] == ["7", "8", "9", "k-11", "k-12", "Signed by the board"]


def test_a_row_that_somebody_types_meanwhile_stays(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    google.before("POST", ":append", lambda: google.write(TAB, 6, {"No.": "10", "Title": "typed"}, header=2) and None)
    (outcome,) = connector.create([Draft("k-11", {"Commons ID": "k-11", "Title": "Bridge"})])
    assert outcome.error is None and titles(google).items() >= {"10": "typed", "k-11": "Bridge"}.items()


def test_rows_that_moved_and_a_colleagues_edit_in_one_moment_leave_the_edit_alone(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    expected = one(connector, "8")

    def colleague() -> None:
        google.tab(TAB).insert(3, 1)
        google.write(TAB, 5, {"Title": "theirs"}, header=2)

    google.before("POST", "values:batchUpdate", colleague)
    (outcome,) = connector.update([Edit("8", {"Title": "ours"}, expected)])
    assert isinstance(outcome.error, Ambiguous) and titles(google) == {"7": "Wells", "8": "theirs", "9": "Attic"}


def test_rows_that_google_would_put_beside_their_columns_are_taken_back(google: GoogleSheetsSandbox) -> None:
    tab = google.tab(TAB)
    tab.insert_column(1)
    tab.put(1, 1, Cell("A note left of the header"))
    before = dict(tab.cells)
    (outcome,) = opened(google).create([Draft("k-11", {"Commons ID": "k-11", "Title": "Bridge"})])
    assert isinstance(outcome.error, Invalid) and "same column" in str(outcome.error)
    assert tab.cells == before


def test_a_key_that_is_there_is_changed_and_one_that_is_there_twice_is_for_a_person(
    google: GoogleSheetsSandbox,
) -> None:
    connector = opened(google)
    (outcome,) = connector.create([Draft("k-9", {"Commons ID": "k-9", "Title": "Attics"})])
    assert outcome.id == "9" and titles(google)["9"] == "Attics"
    google.write(TAB, None, {"No.": "10", "Commons ID": "k-9"}, header=2)
    (outcome,) = connector.create([Draft("k-9", {"Commons ID": "k-9", "Title": "Which?"})])
    assert isinstance(outcome.error, Invalid) and "share Commons ID 'k-9'" in str(outcome.error)


def test_a_column_that_is_not_there_is_added_by_the_first_write(google: GoogleSheetsSandbox) -> None:
    connector = opened(google, replace(WANTED, fields=(*WANTED.fields, "Summary", "Need")))
    assert [f.type for f in connector.describe() if f.name in ("Summary", "Need")] == ["absent", "absent"]
    (outcome,) = connector.update([Edit("8", {"Summary": "new", "Title": "Big"}, one(connector, "8"))])
    assert outcome.error is None and google.rows(TAB, 2)[1]["Summary"] == "new"
    google.tab(TAB).put(9, 7, Cell("a note of ours"))
    with pytest.raises(Invalid, match="leaves no room"):
        connector.update([Edit("8", {"Need": "more"}, one(connector, "8"))])
    assert google.tab(TAB).cells[9, 7].value == "a note of ours"


def test_a_protected_column_fails_its_rows_and_no_others(google: GoogleSheetsSandbox) -> None:
    google.tab(TAB).protected = {4}
    connector = opened(google)
    edits = [Edit("7", {"Amount": 1}, one(connector, "7")), Edit("8", {"Title": "Big"}, one(connector, "8"))]
    first, second = connector.update(edits)
    assert isinstance(first.error, Invalid) and "protected" in str(first.error)
    assert second.id == "8" and titles(google)["8"] == "Big"


def test_no_row_is_ever_deleted(google: GoogleSheetsSandbox) -> None:
    (outcome,) = opened(google).delete(["7"])
    assert isinstance(outcome.error, Invalid) and len(titles(google)) == 3 and not google.seen


@pytest.mark.parametrize(
    "value", ["x" * 50_001, "😀" * 25_001, "#N/A", 1234567890123456, Decimal("0.1234567890123456"), ["a"]], ids=repr
)
def test_what_no_cell_can_hold_is_known_beforehand(google: GoogleSheetsSandbox, value: Any) -> None:
    assert opened(google).refuses("Title", value)


# --- sign-in and quotas


def test_a_token_is_kept_for_its_hour_and_refused_only_once(google: GoogleSheetsSandbox) -> None:
    connector = opened(google)
    read(connector)
    read(connector)
    assert len(google.calls("POST", "/token")) == 1
    google.time.sleep(3600)
    read(connector)
    google.accounts.forget()
    (outcome,) = connector.create([Draft("k-9", {"Commons ID": "k-9", "Title": "Attics"})])
    assert outcome.error is None and len(google.calls("POST", "/token")) == 3
    google.misbehave(Fault("status", path="values", status=401, times=9))
    with pytest.raises(SignInFailed):
        read(connector)
    assert len(google.calls("GET", "values")) < 40 and len(google.calls("POST", "/token")) == 4


def test_a_machine_whose_clock_is_wrong_signs_in_by_googles(google: GoogleSheetsSandbox) -> None:
    google.time.sleep(7200)
    late = ManualTime()
    settings = {
        "url": google.api,
        "token_url": google.token_url,
        "key": Secret(google.key),
        "spreadsheet": "book",
        "id": "No.",
        "header": 2,
    }
    way = Transport(hosts=[google.url.split("//")[1]], time=late, jitter=lambda: 0.0, allow_http=True)
    assert len(read(open_sheet(Settings("mine", settings), WANTED, way))) == 3


def test_a_key_file_leads_nowhere_else(google: GoogleSheetsSandbox) -> None:
    astray = json.loads(google.key) | {"token_uri": "https://tokens.example/steal"}
    assert len(read(opened(google, key=Secret(json.dumps(astray))))) == 3


@pytest.mark.parametrize("key", ["not json", "{}", '{"client_email": "a@b.example"}'])
def test_what_is_no_key_file_is_said_without_showing_it(google: GoogleSheetsSandbox, key: str) -> None:
    with pytest.raises(Invalid, match="key") as caught:
        opened(google, key=Secret(key))
    assert key not in str(caught.value)


def test_a_minutes_reads_are_not_overdrawn(google: GoogleSheetsSandbox) -> None:
    google.limit = 60
    connector, began = opened(google), google.time.monotonic()
    for _ in range(100):
        one(connector, "7")
    assert all(call.status == 200 for call in google.seen) and 60 <= google.time.monotonic() - began < 130


def test_a_429_is_waited_out_and_one_without_end_is_not_hammered(google: GoogleSheetsSandbox) -> None:
    google.misbehave(Fault("status", path="values", status=429, times=2))
    connector = opened(google)
    assert len(read(connector)) == 3
    google.misbehave(Fault("status", path="values", status=429, times=1000))
    before = len(google.seen)
    with pytest.raises(RateLimited):
        read(connector)
    assert len(google.seen) - before <= 4


# --- the connection test


def test_the_check_says_what_to_do_at_google(google: GoogleSheetsSandbox) -> None:
    def failed(**options: Any) -> dict[str, str]:
        return {step.name: f"{step.detail} {step.fix}" for step in opened(google, **options).check() if not step.ok}

    assert failed() == {}
    assert "Closest: 'Our projects'" in failed(sheet="Our project")["see the tab"]
    assert "Closest: 'No.'" in failed(id="No")["rows have ids"]
    assert "option spreadsheet" in failed(spreadsheet="other")["see the spreadsheet"]
    google.books["book"].roles.clear()
    assert "Share and add hub@commons-sandbox" in failed()["see the spreadsheet"]
    google.accounts.disabled = True
    assert "Service accounts, Keys" in failed()["sign in"]


def test_a_reader_of_the_spreadsheet_is_told_to_become_an_editor(google: GoogleSheetsSandbox) -> None:
    google.books["book"].roles = dict.fromkeys(google.books["book"].roles, "reader")
    connector = opened(google)
    (outcome,) = connector.update([Edit("8", {"Title": "Big"}, one(connector, "8"))])
    assert isinstance(outcome.error, Forbidden) and "as Editor" in str(outcome.error)
    assert opened(google, writable=False).capabilities.writes is False
    assert "readonly" in _scope(google)


def _scope(google: GoogleSheetsSandbox) -> str:
    from urllib.parse import parse_qs

    import jwt

    read(opened(google, writable=False))
    assertion = parse_qs(google.calls("POST", "/token")[-1].body.decode())["assertion"][0]
    return str(jwt.decode(assertion, options={"verify_signature": False})["scope"])
