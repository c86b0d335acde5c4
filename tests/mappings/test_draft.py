"""A mapping drafted from the names of a sheet's columns: what is plain is mapped, what is likely is marked, the rest is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from hub.cli import main
from mappings.check import check
from mappings.draft import KNOWN, draft
from mappings.language import load

NAMES = ["Request ID", "Project Titel", "Grantee", "Tax ID", "Amount Requested", "Award Date", "Internal remarks"]
ROW = ["R-1", "Wells", "Wells Trust", "12-3456789", "1,000", "03/31/2026", "ask Mary"]


def drafted(tmp_path: Path, names: list[str], *rows: list[Any]) -> str:
    (tmp_path / "mine.toml").write_text(draft("export.xlsx", 1, names, list(rows)))
    return (tmp_path / "mine.toml").read_text()


def line(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def test_names_that_are_known_are_mapped_and_the_draft_can_be_used_as_it_is(tmp_path: Path) -> None:
    text = drafted(tmp_path, NAMES, ROW)
    mapping = load(tmp_path / "mine.toml")
    assert mapping.id == "Request ID" and mapping.way("organization.name").columns == ("Grantee",)
    assert mapping.way("organization.identifiers.US-EIN").columns[0] == "Tax ID"
    assert [f for f in check(tmp_path / "mine.toml", None, None) if f.severity == "error"] == []
    read = mapping.read(mapping.reduce(dict(zip(NAMES, ROW, strict=True)))).values
    assert read["title"] == "Wells" and read["commitment.date"] == {"date": "2026-03-31"}
    assert '"Internal remarks"' in line(text, '#   "Internal') and "Internal remarks" not in mapping.columns


def test_a_likeness_is_marked_as_a_guess_with_how_like_it_is(tmp_path: Path) -> None:
    text = drafted(tmp_path, NAMES, ROW)
    above = text.splitlines()[text.splitlines().index('title = "Project Titel"') - 1]
    assert above.startswith("# GUESS: ") and "% like a name that is known for it" in above
    assert "no column names the currency" in text


def test_whether_day_or_month_comes_first_is_seen_from_the_rows_or_marked(tmp_path: Path) -> None:
    names = ["Title", "Award Date"]
    for days, form, sure in (
        (["03/31/2026"], "%m/%d/%Y", True),
        (["31.03.2026"], "%d.%m.%Y", True),
        (["03/04/2026"], "%d/%m/%Y", False),
    ):
        text = drafted(tmp_path, names, *[["x", day] for day in days])
        assert f'format = "{form}"' in text and ("whether the day or the month" not in text) is sure, days


def test_a_number_that_is_blank_or_the_same_in_several_rows_is_a_guess(tmp_path: Path) -> None:
    assert "GUESS" not in line(drafted(tmp_path, ["ID", "Title"], ["1", "a"], ["2", "b"]), "id ")
    assert "blank or the same in several rows" in line(
        drafted(tmp_path, ["ID", "Title"], ["1", "a"], ["1", "b"]), "id "
    )
    assert line(drafted(tmp_path, ["Title"], ["a"]), "# id").startswith('# id = "…"')


def test_a_sheet_without_a_title_makes_a_draft_that_does_not_pass_the_check(tmp_path: Path) -> None:
    text = drafted(tmp_path, ["Wool", "Zinc"], ["a", "b"])
    assert "nothing looks like a title" in text
    runner = CliRunner()
    assert runner.invoke(main, ["mapping", "check", str(tmp_path / "mine.toml")]).exit_code == 1


def test_names_of_columns_are_text_whatever_they_hold(tmp_path: Path) -> None:
    evil = 'Title"\n[fields]\nshare = true #'
    text = drafted(tmp_path, ["Title", evil, "a\\b", "x\x7f"], ["a", "b", "c", "d"])
    assert load(tmp_path / "mine.toml").columns and "\n[fields]\nshare" not in text


@pytest.mark.parametrize("layout", KNOWN)
def test_the_columns_of_a_shipped_layout_are_found_in_a_sheet_that_has_them(tmp_path: Path, layout: str) -> None:
    shipped = load(layout)
    names = [part.columns[0] for part in shipped.fields if part.path in ("title", "organization.name", "ask.requested")]
    drafted(tmp_path, names, ["a", "b", "5"])
    made = load(tmp_path / "mine.toml")
    assert {made.way(path).columns[0] for path in ("title", "organization.name", "ask.requested")} == set(names)


def test_the_command_finds_the_names_below_a_title_and_writes_over_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Our grants 2026"], [], NAMES, ROW):
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    runner, out = CliRunner(), tmp_path / "mine.toml"
    done = runner.invoke(main, ["mapping", "new", str(tmp_path / "export.xlsx"), "--out", str(out)])
    assert done.exit_code == 0 and "guesses to look at" in done.output and f"hub mapping check {out}" in done.output
    assert "whose column names stand in row 3" in out.read_text()
    again = runner.invoke(main, ["mapping", "new", str(tmp_path / "export.xlsx"), "--out", str(out)])
    assert again.exit_code == 2 and "is there already" in again.output
    (tmp_path / "page.csv").write_text("<html>")
    refused = runner.invoke(main, ["mapping", "new", str(tmp_path / "page.csv")])
    assert refused.exit_code == 2 and "web page" in refused.output
