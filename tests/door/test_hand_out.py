"""What is new is taken away as a sheet, and counts when one comes back."""

from __future__ import annotations

import csv
import io
from typing import Any

from hub.commons import imports
from hub.door import bring, hand_out
from hub.door.bring import open_sheet
from tests.door.conftest import HEADER, Doors, project, seen, sheet, words


def rows(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_an_import_is_in_the_sheet_with_its_key_and_the_sheet_that_comes_back_ties_it(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]))
    imports.pick(doors.hub, doors.commons()["Wells"].id, "oak-files", None)
    made = hand_out.take_away(doors.hub, "oak-files", "me", everything=False)
    content = hand_out.as_csv(made)
    [row] = rows(content)
    assert (made.new, row["Commons ID"], row["Title"]) == (1, doors.commons()["Wells"].id, "Wells")
    assert words(doors.now(content, "oak-files")) == {"joined": 1}
    assert words(seen(doors.bring(content, "oak-files"))) == {"unchanged": 1}
    assert len(doors.commons()) == 1 and hand_out.sheet(doors.hub, "oak-files", None).new == 0


def test_since_my_last_download_is_mine_and_all_of_it_can_be_had_again(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]))
    imports.pick(doors.hub, doors.commons()["Wells"].id, "oak-files", None)
    doors.time.sleep(60)
    assert hand_out.take_away(doors.hub, "oak-files", "me", everything=False).new == 1
    doors.time.sleep(60)
    assert hand_out.take_away(doors.hub, "oak-files", "me", everything=False).new == 0
    assert hand_out.take_away(doors.hub, "oak-files", "another", everything=False).new == 1
    assert hand_out.take_away(doors.hub, "oak-files", "me", everything=True).new == 1


def test_an_older_sheet_brought_again_takes_nothing_back(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]))
    imports.pick(doors.hub, doors.commons()["Wells"].id, "oak-files", None)
    old = hand_out.as_csv(hand_out.sheet(doors.hub, "oak-files", None))
    doors.now(old, "oak-files")
    doors.time.sleep(60)
    doors.now(sheet([project("Wells", "9000")]))
    new = hand_out.sheet(doors.hub, "oak-files", None)
    assert new.changed == 1 and new.rows[0]["Amount requested"] == 9000
    assert words(doors.now(old, "oak-files")) == {"unchanged": 1}  # they have not imported it yet
    assert hand_out.sheet(doors.hub, "oak-files", None).changed == 1
    doors.now(hand_out.as_csv(new), "oak-files")
    assert hand_out.sheet(doors.hub, "oak-files", None).changed == 0
    assert doors.commons()["Wells"].facts["ask.requested"]["amount"] == "9000"


def test_text_that_a_spreadsheet_program_would_run_is_harmless_in_the_sheet_and_itself_when_it_comes_back(
    doors: Doors,
) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    doors.now(sheet([["'" + evil, "@SUM(1)", "+1 Trust", "5", "USD"]]))
    imports.pick(doors.hub, doors.commons()[evil].id, "oak-files", None)
    made = hand_out.sheet(doors.hub, "oak-files", None)
    [row] = rows(hand_out.as_csv(made))
    assert row["Title"] == "'" + evil and row["Summary"] == "'@SUM(1)" and row["Organisation"] == "'+1 Trust"
    for name, content in (("a.csv", hand_out.as_csv(made)), ("a.xlsx", hand_out.as_xlsx(made))):
        back = open_sheet(doors.hub, "oak-files", name, content)
        assert back.lines[0].cells["Title"] == evil, name
    from openpyxl import load_workbook

    cells = [c for line in load_workbook(io.BytesIO(hand_out.as_xlsx(made))).active.iter_rows() for c in line]
    assert not any(cell.data_type == "f" for cell in cells)


def test_the_layout_is_the_profiles(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]), "oak-files")
    imports.pick(doors.hub, doors.commons()["Wells"].id, "elm-grants", None)
    [row] = rows(hand_out.as_csv(hand_out.sheet(doors.hub, "elm-grants", None)))
    assert (row["Title"], row["Recipient Org:Name"], row["Amount Applied For"]) == ("Wells", "Wells Trust", "1000")
    assert list(row)[:2] == ["Commons ID", "Identifier"]


def test_what_an_export_says_of_a_row_that_has_both_a_key_and_a_number_is_that_record(doors: Doors) -> None:
    header = ("Identifier", "Title", "Recipient Org:Name")
    doors.now(sheet([["G-1", "Wells", "Wells Trust"]], header), "elm-grants")
    key = doors.commons()["Wells"].id
    again = sheet([["G-1", "Deep wells", "Wells Trust", key]], (*header, "Commons ID"))
    assert words(doors.now(again, "elm-grants")) == {"changed": 1} and set(doors.commons()) == {"Deep wells"}


def test_a_profile_that_says_nothing_of_sharing_needs_nobody_to(doors: Doors) -> None:
    made = bring.open_sheet(doors.hub, "elm-grants", "a.csv", sheet([["G-1", "Wells"]], ("Identifier", "Title")))
    assert not bring.says_nothing(doors.hub, "elm-grants", made)
    assert bring.says_nothing(
        doors.hub, "elm-files", bring.open_sheet(doors.hub, "elm-files", "a.csv", sheet([project("W")], HEADER))
    )
