"""A sheet that somebody brings: looked at before anything is done, applied exactly as looked at, nothing lost or doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.contract import Invalid
from hub.door import bring
from hub.door.keep import tidy
from hub.store import connections, uploads
from hub.sync.moved import Moved
from tests.door.conftest import HEADER, Doors, project, seen, sheet, words


def test_looking_does_nothing_and_applying_shares_what_was_shown(doors: Doors) -> None:
    upload = doors.bring(sheet([project("Wells"), project("Books")]))
    assert words(seen(upload)) == {"new": 2} and doors.commons() == {}
    assert doors.apply(upload).state == "applied"
    assert {row.status for row in doors.commons().values()} == {"published"} and set(doors.commons()) == {
        "Wells",
        "Books",
    }


def test_the_same_sheet_again_changes_nothing(doors: Doors) -> None:
    doors.now(sheet([project("Wells"), project("Books")]))
    assert words(doors.now(sheet([project("Wells"), project("Books")]))) == {"unchanged": 2}
    assert len(doors.commons()) == 2


def test_a_changed_cell_changes_its_field_and_the_row_is_known_again(doors: Doors) -> None:
    doors.now(sheet([project("Wells"), project("Books")]))
    upload = doors.bring(sheet([project("Books"), project("Wells", "2500")]))
    [row] = [row for row in seen(upload).rows if row.outcome == "changed"]
    assert row.row == 3 and row.values["ask.requested"][1] == {"amount": "2500", "currency": "USD"}
    doors.apply(upload)
    assert doors.commons()["Wells"].facts["ask.requested"]["amount"] == "2500"


def test_a_row_that_is_missing_is_not_deleted_and_a_column_that_is_missing_clears_nothing(doors: Doors) -> None:
    doors.now(sheet([project("Wells"), project("Books")]))
    less = sheet([["Wells", "Wells Trust"]], ("Title", "Organisation"))
    assert words(doors.now(less)) == {"unchanged": 1}
    assert doors.commons()["Wells"].facts["summary"] and doors.commons()["Books"].status == "published"


def test_where_the_sheet_ticks_its_own_rows_only_those_are_shared_and_nothing_of_the_others_is_kept(
    doors: Doors,
) -> None:
    rows = [[*project("Wells"), "Yes"], [*project("zz-hidden"), ""]]
    upload = doors.bring(sheet(rows, (*HEADER, "Share")))
    assert words(seen(upload)) == {"new": 1, "not_shared": 1} and "zz-hidden" not in str(upload.report)
    doors.apply(upload)
    assert set(doors.commons()) == {"Wells"}
    with doors.hub.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [file.name for file in doors.folder.rglob("*") if file.is_file() and b"zz-hidden" in file.read_bytes()] == []


def test_a_column_of_ticks_that_is_blank_throughout_shares_nothing_by_itself(doors: Doors) -> None:
    content = sheet([[*project("Wells"), ""], [*project("Books"), ""]], (*HEADER, "Share"))
    assert words(seen(doors.bring(content))) == {"not_shared": 2}
    assert words(seen(doors.bring(content, say="all"))) == {"new": 2}


def test_a_row_unticked_later_is_withdrawn(doors: Doors) -> None:
    doors.now(sheet([[*project("Wells"), "Yes"], [*project("Books"), "Yes"]], (*HEADER, "Share")))
    made = doors.now(sheet([[*project("Wells"), "No"], [*project("Books"), "Yes"]], (*HEADER, "Share")))
    assert words(made) == {"withdrawn": 1, "unchanged": 1} and doors.commons()["Wells"].status == "withdrawn"


def test_rows_that_nothing_tells_apart_are_all_refused_and_counted(doors: Doors) -> None:
    made = seen(doors.bring(sheet([project("Wells"), project("Books"), project("wells ")])))
    assert words(made) == {"new": 1, "refused": 2}
    assert [row.row for row in made.rows if row.outcome == "refused"] == [2, 4]
    assert "'Title' and 'Organisation' (rows 2, 4)" in made.rows[0].reasons[0]


def test_a_value_that_cannot_be_read_is_said_with_its_column_and_the_row_goes_on(doors: Doors) -> None:
    made = seen(doors.bring(sheet([project("Wells", "a lot")])))
    assert words(made) == {"new": 1} and made.rows[0].reasons[0].startswith("Column D ('Amount requested'): ")


def test_a_choice_that_the_profile_does_not_know_is_said_with_its_column_and_the_others_are_taken(doors: Doors) -> None:
    upload = doors.bring(sheet([[*project("Wells"), "Education; Nonsense;Health"]], (*HEADER, "Themes")))
    assert seen(upload).rows[0].reasons == [
        "Column F ('Themes'): 'Nonsense' is none of the profile's values, so it is not taken."
    ]
    doors.apply(upload)
    assert doors.commons()["Wells"].facts["themes"] == ["education", "health"]


def test_a_row_without_what_publishing_needs_is_a_draft_and_says_so(doors: Doors) -> None:
    made = seen(doors.bring(sheet([["Wells", "", "Wells Trust", "", ""]])))
    assert made.rows[0].lacks == ["summary"]


def test_what_changed_since_it_was_looked_at_is_looked_at_again(doors: Doors) -> None:
    first, second = doors.bring(sheet([project("Wells")])), doors.bring(sheet([project("Wells", "5")]))
    doors.apply(first)
    with pytest.raises(Moved, match="Since you looked"):
        doors.apply(second)
    with doors.hub.reading() as conn:
        again = uploads.get(conn, second.id)
    assert again is not None and again.state == "looked" and words(seen(again)) == {"changed": 1}
    assert doors.apply(again).state == "applied"


def test_a_sheet_is_applied_once(doors: Doors) -> None:
    upload = doors.bring(sheet([project("Wells")]))
    doors.apply(upload)
    with pytest.raises(Moved, match="already"):
        doors.apply(upload)


def test_unusually_many_withdrawals_wait_for_an_admin_and_the_report_says_so_beforehand(doors: Doors) -> None:
    header, names = (*HEADER, "Share"), [f"P{n}" for n in range(12)]
    doors.now(sheet([[*project(name), "Yes"] for name in names], header))
    rows = [[*project(name), "No"] for name in names[1:]]
    upload = doors.bring(sheet([*rows, [*project("P0"), "Yes"]], header))
    assert "would be withdrawn" in seen(upload).held
    assert doors.apply(upload).state == "held"
    with pytest.raises(bring.NotNow, match="Decide that one first"):
        doors.bring(sheet([project("Another")]))


def test_a_file_that_cannot_be_used_is_refused_whole_with_the_way_out(doors: Doors) -> None:
    with pytest.raises(Invalid, match=r"row 1: there is no column 'Title'.*Its columns: Summary, Organisation"):
        doors.bring(sheet([["a", "b"]], ("Summary", "Organisation")))


def test_a_sheet_whose_process_died_in_the_middle_can_be_applied_again_and_doubles_nothing(doors: Doors) -> None:
    upload = doors.bring(sheet([project("Wells")]))
    doors.now(sheet([project("Wells")]))  # what the dead process had done
    with doors.hub.writing() as conn:
        uploads.change(conn, upload.id, state="applying", since=doors.time.now())
    with pytest.raises(Moved, match="being applied"):
        doors.apply(upload)
    doors.time.sleep(bring.STUCK.total_seconds() + 1)
    with pytest.raises(Moved, match="Since you looked"):
        doors.apply(upload)
    assert len(doors.commons_ids()) == 1


def test_a_paused_connection_takes_nothing(doors: Doors) -> None:
    with doors.hub.writing() as conn:
        connections.change(conn, "elm-files", state="paused", reason="Moving house.")
    with pytest.raises(bring.NotNow, match=r"elm-files is paused\. Moving house\. An admin"):
        doors.bring(sheet([project("Wells")]))


def test_a_sheet_that_nobody_applies_is_dropped_after_a_day_and_its_report_after_a_month(doors: Doors) -> None:
    upload = doors.bring(sheet([project("Wells")]))
    for wait, kept in ((timedelta(hours=23), True), (timedelta(hours=3), False)):
        doors.time.sleep(wait.total_seconds())
        tidy(doors.hub)
        with doors.hub.reading() as conn:
            there = uploads.get(conn, upload.id)
        assert there is not None and (there.content is not None) is kept
    doors.time.sleep(timedelta(days=31).total_seconds())
    tidy(doors.hub)
    with doors.hub.reading() as conn:
        assert uploads.get(conn, upload.id) is None
