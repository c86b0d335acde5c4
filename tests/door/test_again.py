"""A sheet that comes again after people worked on it: each row finds its record, and none stands in the commons twice."""

from __future__ import annotations

from hub.commons import imports
from hub.store import waiting
from tests.door.conftest import HEADER, Doors, project, seen, sheet, words

KEYED = (*HEADER, "Commons ID")
OTHER = ["Trees", "Trees along the river", "Tree League", "700", "EUR"]


def refused(doors: Doors, content: bytes) -> list[str]:
    return [reason for row in seen(doors.bring(content)).rows if row.outcome == "refused" for reason in row.reasons]


def test_a_row_under_a_new_title_is_asked_about_and_its_key_says_that_it_is_the_same(doors: Doors) -> None:
    doors.now(sheet([project("Wells in the north"), OTHER]))
    key = doors.commons()["Wells in the north"].id
    row = ["Wells in the far north", *project("Wells in the north")[1:]]
    [reason] = refused(doors, sheet([row, OTHER]))
    assert "Column A ('Title') may be a new name of “Wells in the north”" in reason
    assert f"put {key} into the column 'Commons ID'" in reason
    assert words(doors.now(sheet([[*row, key], [*OTHER, ""]], KEYED))) == {"changed": 1, "unchanged": 1}
    assert set(doors.commons()) == {"Wells in the far north", "Trees"}
    assert words(doors.now(sheet([row, OTHER]))) == {"unchanged": 2}, "its new name is known now"


def test_a_title_that_is_nothing_like_the_old_one_is_asked_about_where_all_else_is_the_same(doors: Doors) -> None:
    doors.now(sheet([project("Wells"), OTHER]))
    renamed = ["Clean water for Gao", "What Wells is about", "Gao Water Board", "1000", "USD"]
    assert "may be a new name of “Wells”" in refused(doors, sheet([renamed, OTHER]))[0]


def test_an_organisation_that_is_spelt_otherwise_is_asked_about(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]))
    assert (
        "may be a new name of “Wells”"
        in refused(doors, sheet([["Wells", "Now longer", "Wells Trust Ltd", "5", "EUR"]]))[0]
    )


def test_the_word_new_says_that_it_is_another_one(doors: Doors) -> None:
    doors.now(sheet([project("Wells 2025")]))
    row = ["Wells 2026", "The next year", "Wells 2025 Trust", "5", "USD"]
    assert len(refused(doors, sheet([row]))) == 1
    assert words(doors.now(sheet([[*row, "new"]], KEYED))) == {"new": 1}
    assert words(doors.now(sheet([[*row, "new"]], KEYED))) == {"unchanged": 1}
    assert set(doors.commons()) == {"Wells 2025", "Wells 2026"}


def test_nobody_is_asked_about_a_row_while_the_one_that_it_is_like_is_in_the_sheet_as_well(doors: Doors) -> None:
    doors.now(sheet([project("Wells 2025")]))
    both = [project("Wells 2025"), ["Wells 2026", "The next year", "Wells 2025 Trust", "5", "USD"]]
    assert words(seen(doors.bring(sheet(both)))) == {"new": 1, "unchanged": 1}


def test_nobody_is_asked_about_another_project_nor_about_a_row_that_is_not_shared(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]))
    assert words(seen(doors.bring(sheet([OTHER])))) == {"new": 1}
    row = [["Wells 2", *project("Wells")[1:], ""]]
    assert words(seen(doors.bring(sheet(row, (*HEADER, "Share"))))) == {"not_shared": 1}


def test_what_an_earlier_sheet_got_wrong_waits_for_nobody_once_the_same_sheet_came_without_it(doors: Doors) -> None:
    def open_rows() -> list[str]:
        with doors.hub.reading() as conn:
            rows = conn.execute(waiting.quarantine.select().where(waiting.quarantine.c.state == "open"))
            return sorted(row.place for row in rows)

    doors.now(sheet([project("Wells"), project("Books"), project("Books")]))
    assert open_rows() == ["sheet.csv, row 3", "sheet.csv, row 4"]
    doors.time.sleep(60)
    doors.now(sheet([project("Wells"), project("Books")]))
    assert open_rows() == []


def test_rows_of_a_key_that_another_foundation_keeps_to_itself_are_strangers(doors: Doors) -> None:
    doors.now(sheet([["Wells", "", "Wells Trust", "", ""]]))  # a draft: nobody else sees it
    key = doors.commons()["Wells"].id
    upload = doors.bring(sheet([[*project("Ours"), key]], KEYED), "oak-files")
    assert (
        words(seen(upload)) == {"refused": 1}
        and "belongs to no opportunity of yours" in seen(upload).rows[0].reasons[0]
    )
    assert "Wells" not in str(upload.report)


def test_a_tick_in_an_importers_sheet_shares_nothing_and_changes_nothing_for_others(doors: Doors) -> None:
    doors.now(sheet([project("Wells")]))
    key = doors.commons()["Wells"].id
    imports.pick(doors.hub, key, "oak-files", None)
    row = ["Wells", "Ours now", "Wells Trust", "9", "USD", "Yes", key]
    doors.now(sheet([row], (*HEADER, "Share", "Commons ID")), "oak-files")
    there = doors.commons()["Wells"]
    assert (there.steward_id, there.status, there.facts["summary"]) == ("elm", "published", "What Wells is about")
    doors.now(sheet([[*row[:5], "No", key]], (*HEADER, "Share", "Commons ID")), "oak-files")
    assert doors.commons()["Wells"].status == "published"


def test_texts_too_long_for_an_id_still_tell_rows_apart(doors: Doors) -> None:
    long = "Wells " + "of the north " * 40
    rows = [[long + end, "About", "Wells Trust", "5", "USD"] for end in ("one", "two")]
    assert words(doors.now(sheet(rows))) == {"new": 2} and words(doors.now(sheet(rows))) == {"unchanged": 2}
