"""What is wrong with a mapping file is said with its line and the closest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.contract import Field
from mappings.check import check
from mappings.language import MappingError, load

HEAD = 'system = "airtable"\nobject = "Rows"\nkind = "project"\nkey = "Commons ID"\n\n[fields]\n'


def findings(folder: Path, text: str, *offered: Field) -> list[str]:
    path = folder / "mine.toml"
    path.write_text(text)
    return [str(f).removeprefix(str(folder) + "/") for f in check(path, offered or None)]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('titel = "Title"', 'mine.toml:7: The commons has no field "titel". Closest: "title".'),
        ('title = { feild = "Title" }', 'mine.toml:7: The commons has no field "title.feild"'),
        ('title = "Title"\nthemes = { field = "T", values = { eduction = "E" } }', 'mine.toml:8'),
        ('title = "Title"\nthemes = { field = "T", values = { eduction = "E" } }', '"education"'),
        ('title = { field = "Title", way = "inn" }', 'mine.toml:7'),
        ('title = { field = "Title", type = "txt" }', 'Closest: "text"'),
        ('title = "Title"\n"ask.requested" = { field = "Ask" }', "currency"),
        ('title = "Title"\n"ask.requested" = { field = "Ask", currency = { field = "C", way = "in" } }', 'whose way is not "once"'),
        ('title = "Title"\n"commitment.stage" = { field = "S", values = { exploring = ["A", "B"], committed = ["A"] } }', '"A"'),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_the_likeliest_meant(tmp_path: Path, lines: str, says: str) -> None:
    found = findings(tmp_path, HEAD + lines + "\n")
    assert any(says in finding for finding in found), found
    with pytest.raises(MappingError):
        load(tmp_path / "mine.toml")


def test_a_column_that_the_system_lacks_is_named_with_the_closest(tmp_path: Path) -> None:
    found = findings(tmp_path, HEAD + 'title = "Titel"\n', Field("Title", "text"), Field("Commons ID", "text"))
    assert any(
        'mine.toml:7: "title" maps to field "Titel", which Rows does not have. Closest: "Title".' in f for f in found
    ), found


def test_a_picklist_value_without_a_partner_is_reported_both_ways_round(tmp_path: Path) -> None:
    text = (
        HEAD + 'title = "Title"\n"commitment.stage" = { field = "S", way = "in", values = { pledged = "Promised" } }\n'
    )
    offered = Field("Title", "text"), Field("Commons ID", "text"), Field("S", "text", choices=("Pledged", "Other"))
    found = findings(tmp_path, text, *offered)
    assert any('"Other"' in f and "mine.toml:8" in f for f in found), found
    assert any('maps "Promised", which "S" lacks' in f for f in found), found


def test_many_to_one_needs_a_declared_way_back(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'title = "Title"\nlanguage = "L"\n"commitment.stage" = { field = "S", values = { interested = "Open", exploring = "Open" } }\n'
    )
    assert any('"Open"' in f and "mine.toml:9" in f for f in findings(tmp_path, text))


def test_a_field_that_loses_says_what(tmp_path: Path) -> None:
    found = findings(
        tmp_path, HEAD + 'title = { field = "Title", max = 80 }\ngeographies = { field = "Places", separator = "; " }\n'
    )
    assert any("geographies" in f and "loses" in f for f in found), found


@pytest.mark.parametrize(
    "text", ["= = =", "[fields]\ntitle = 'x'\n[fields]\n", "\x00", "a" * 100_000, '[fields]\ntitle = "{{ 7 * 7 }}"\n']
)
def test_no_file_makes_it_stumble(tmp_path: Path, text: str) -> None:
    assert any("mine.toml" in finding for finding in findings(tmp_path, text))


def test_shipped_mappings_have_no_errors() -> None:
    for path in sorted((Path(__file__).parents[2] / "mappings").glob("*.toml")):
        assert [f for f in check(path) if f.severity == "error"] == []


def test_a_file_extends_a_shipped_one_and_changes_only_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "spreadsheet-generic"\n\n[fields]\ntitle = "Project name"\n')
    mine, shipped = load(tmp_path / "mine.toml"), load("spreadsheet-generic")
    assert (
        mine.way("title").columns == ("Project name",) and mine.way("summary").columns == shipped.way("summary").columns
    )
    assert mine.digest != shipped.digest and len(mine.fields) == len(shipped.fields)
