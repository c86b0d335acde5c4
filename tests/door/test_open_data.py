"""Published files of foundations, brought as a person would. They stand beside the checkout, or the tests skip."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from connectors.contract import ConnectorError
from connectors.spreadsheet.grid import grids
from connectors.spreadsheet.table import names_of
from hub.store import links
from mappings.draft import draft, known_names
from tests.door.conftest import Doors, opened, seen, sheet, words

OPEN = Path(__file__).resolve().parents[3] / "shared" / "data" / "open"
if not OPEN.is_dir():
    OPEN = Path("/nowhere")
FILES = sorted(path for path in OPEN.glob("*/*") if path.is_file())
SPORT = OPEN / "sport-england-xls"
pytestmark = pytest.mark.skipif(not FILES, reason="There is no ../shared/data/open.")
LARGE = ("a001p00000zgyHZAAY.xlsx", "Sport-England_exchequer-awards.csv", "Sport-England_exchequer-awards.xls")
READ = {
    "fundingproviders-grants_2_grants.xlsx": {"new": 2},
    "fundingproviders-grants_2_grants_cp1252.csv": {"new": 2},
    "fundingproviders_grants_2_grants.csv": {"new": 2},
    "fundingtrust-grants_dc.txt": {"new": 9},
}


def test_every_file_is_read_row_by_row_or_refused_with_a_reason_that_names_it(doors: Doors) -> None:
    for path in FILES:
        if path.name in LARGE:
            continue
        if path.name in READ:
            made = seen(doors.bring(path.read_bytes(), "elm-grants", path.name))
            assert words(made) == READ[path.name] and sum(made.counts.values()) == len(made.rows), path.name
            continue
        with pytest.raises(ConnectorError) as refused:
            doors.bring(path.read_bytes(), "elm-grants", path.name)
        assert str(refused.value).startswith(path.name) and len(str(refused.value)) < 900, path.name


def test_a_date_that_the_standard_does_not_have_is_said_with_row_and_column(doors: Doors) -> None:
    path = OPEN / "360giving-encodings" / "fundingproviders-grants_2_grants_cp1252.csv"
    made = seen(doors.bring(path.read_bytes(), "elm-grants", path.name))
    assert "Text as Windows-1252, cells parted by commas." in made.notes
    assert made.rows[0].row == 2 and made.rows[0].reasons[0].startswith(
        "Column R ('Award Date'): '24/07/2014' is no date."
    )


def awards() -> list[list[str]]:
    with (SPORT / "Sport-England_exchequer-awards.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("number", [250, pytest.param(2434, marks=pytest.mark.whole)])
def test_each_award_is_accounted_for_and_no_duplicate_is_merged(doors: Doors, number: int) -> None:
    header, *rows = awards()
    some = rows[:number]
    ids = Counter(row[header.index("Identifier")] for row in some)
    once = sum(count == 1 for count in ids.values())
    made = doors.now(sheet(some, header), "elm-grants")
    assert words(made) == {"new": once, "refused": number - once}
    assert number < 2434 or (len(ids), once) == (1646, 1207)
    assert [row.row for row in made.rows] == list(range(2, number + 2))
    refused = {some[row.row - 2][header.index("Identifier")] for row in made.rows if row.outcome == "refused"}
    assert refused == {id for id, count in ids.items() if count > 1} and len(doors.commons_ids()) == once
    assert words(seen(doors.bring(sheet(some, header), "elm-grants"))) == {"unchanged": once, "refused": number - once}


@pytest.mark.whole
def test_a_fund_that_publishes_783_grants_finds_each_once(doors: Doors) -> None:
    path = OPEN / "360giving-abct" / "a001p00000zgyHZAAY.xlsx"
    published = json.loads(path.with_suffix(".json").read_text())["grants"]
    assert words(doors.now(path.read_bytes(), "elm-grants")) == {"new": len(published)}
    with doors.hub.reading() as conn:
        told = {row.remote_id for row in links.records(conn, "elm-grants")}
    assert told == {grant["id"] for grant in published}


DRAFTED = """
[hub]
mappings = "."
[members.elm]
name = "Elm Fund"
lawful_basis = "published"
[connections.drafted]
member = "elm"
system = "spreadsheet"
mapping = "drafted"
shares = true
options = { path = "in", door = true }
"""


@pytest.mark.parametrize(("file", "said", "rows"), [
    ("ffis-email-xlsx/example_spreadsheet.xlsx", {}, [10, 13, 14, 17]),
    ("fts-jordan/fts_internal_funding_jor.csv", {'summary = "description"': 'title = "description"'}, range(2, 40)),
    pytest.param(
        "fts-jordan/fts_incoming_funding_jor.csv", {'summary = "description"': 'title = "description"'}, range(2, 442),
        marks=pytest.mark.whole,
    ),
])  # fmt: skip
def test_a_file_of_another_layout_comes_in_by_the_profile_that_was_drafted_from_it(
    tmp_path: Path, file: str, said: dict[str, str], rows: Iterable[int]
) -> None:
    path = OPEN / file
    _sheet, header, names, below = names_of(path, grids(path), known_names())
    text = draft(path.name, header, names, below)
    for guess, right in said.items():
        assert guess in text
        text = text.replace(guess, right)
    (tmp_path / "drafted.toml").write_text(text)
    with opened(tmp_path, DRAFTED) as doors:
        made = seen(doors.bring(path.read_bytes(), "drafted", path.name))
        assert [row.row for row in made.rows] == list(rows)
        assert {row.outcome for row in made.rows} == {"new"}, [row.reasons for row in made.rows if row.reasons][:3]
