"""What becomes of a file itself: what it may hold, what a write leaves alone, and what is refused with a reason."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from connectors.clock import ManualTime
from connectors.contract import (
    Connector,
    ConnectorError,
    Draft,
    Edit,
    Gone,
    Invalid,
    Outcome,
    Record,
    Refused,
    Settings,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.spreadsheet import connector as system
from connectors.spreadsheet.csv_file import CsvFormat
from connectors.transport import Transport
from mappings.language import load

HEAD = "No.,Title,Amount,Commons ID\n"
COLUMNS = ["No.", "Title", "Amount", "Commons ID"]
WANTED = Wanted("rows", ("Title", "Amount", "Commons ID"), "Commons ID")
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "open" / "360giving-encodings"


def opened(path: Path, **options: Any) -> Connector:
    settings = Settings("mine", {"path": str(path), "id": "No.", "writable": True} | options)
    return system.open(settings, WANTED, Transport(hosts=[], time=ManualTime()))


def records(connector: Connector) -> dict[str, Record]:
    return {record.id: record for page in connector.changes(None) for record in page.records}


def refused(connector: Connector) -> list[Refused]:
    return [row for page in connector.changes(None) for row in page.refused]


def retitle(connector: Connector, **titles: str) -> list[Outcome]:
    """``r1="New"`` gives row r1 a new title."""
    there = records(connector)
    return connector.update([Edit(id, {"Title": title}, there[id]) for id, title in titles.items()])


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "rows.csv"
    path.write_bytes(text.encode(encoding))
    return path


def xlsx(folder: Path, *rows: list[Any], change: Callable[[Any], None] = lambda sheet: None) -> Path:
    book = Workbook()
    for row in (COLUMNS, *rows):
        book.active.append(row)
    change(book.active)
    book.save(folder / "rows.xlsx")
    return folder / "rows.xlsx"


def patched(path: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """The file as another program would have written it: one of its XML parts with a different text."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    changed = re.sub(old, new, parts[part].decode())
    assert changed != parts[part].decode()
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in (parts | {part: changed.encode()}).items():
            packed.writestr(name, content)
    return path


# --- CSV ---------------------------------------------------------------------


@pytest.mark.parametrize("declared", ["utf-8", "UTF8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_write_keeps_encoding_byte_order_mark_and_line_ends(tmp_path: Path, declared: str) -> None:
    marked = "utf-8-sig" if declared in ("UTF8", "utf-8-sig") else declared
    path = csv(tmp_path, HEAD.replace("\n", "\r\n") + "r1,Café,5,\r\n", marked)
    assert retitle(opened(path, encoding=declared), r1="Crème") == [Outcome("r1")]
    assert path.read_bytes() == (HEAD.replace("\n", "\r\n") + "r1,Crème,5,\r\n").encode(marked)


def test_a_byte_order_mark_contradicts_a_wrong_declaration(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "r1,Café,5,\n", "utf-8-sig")
    with pytest.raises(Invalid, match=r'rows\.csv says itself that it is UTF-8.*encoding = "utf-8"'):
        records(opened(path, encoding="cp1252"))


@pytest.mark.parametrize("encoding", ["latin-99", "rot13"])
def test_an_encoding_that_there_is_not_is_said_to_be_none(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Invalid, match="Common ones: utf-8, cp1252"):
        records(opened(csv(tmp_path, HEAD), encoding=encoding))


@pytest.mark.parametrize("delimiter", [";;", '"', "\n"])
def test_a_delimiter_that_can_part_nothing_is_refused_and_the_check_says_so(tmp_path: Path, delimiter: str) -> None:
    connector = opened(csv(tmp_path, HEAD), delimiter=delimiter)
    with pytest.raises(Invalid, match="A delimiter is one character"):
        records(connector)
    assert [check.ok for check in connector.check()] == [False]


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\r\nb", 'say "so"', "a,b", " spaces ", "'", ""])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_any_text_in_a_csv_cell_comes_back_and_hurts_no_other_row(tmp_path: Path, text: str, ends: str) -> None:
    connector = opened(csv(tmp_path, (HEAD + "r1,One,5,\nr2,Two,6,\n").replace("\n", ends)))
    retitle(connector, r1=text)
    assert [record.fields["Title"] for record in records(connector).values()] == [text or None, "Two"]


def test_a_character_that_the_encoding_lacks_refuses_its_row_alone_and_rows_do_not_slip(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "r1,One,1,\nr2,Two,2,\nr3,Three,3,\n", "cp1252")
    connector = opened(path, encoding="cp1252")
    first, second, third = retitle(connector, r1="Two\nlines", r2="水", r3="Drei")
    assert first.error is None and third.error is None and isinstance(second.error, Invalid)
    assert "'水'" in str(second.error) and "UTF-8" in str(second.error)
    assert {id: r.fields["Title"] for id, r in records(connector).items()} == {
        "r1": "Two\nlines", "r2": "Two", "r3": "Drei",
    }  # fmt: skip


def test_a_refused_row_in_one_file_makes_no_new_row_twice_in_another(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD)
    (tmp_path / "b.csv").write_text(HEAD + "r2,Two,5,k2\n")
    connector = opened(tmp_path, encoding="cp1252")
    drafts = [Draft(key, {"Commons ID": key, "Title": title}) for key, title in (("k1", "One"), ("k2", "水"))]
    assert [outcome.id for outcome in connector.create(drafts)] == ["k1", None]
    assert (tmp_path / "a.csv").read_text() == HEAD + "k1,One,,k1\n"
    assert (tmp_path / "b.csv").read_text() == HEAD + "r2,Two,5,k2\n"


def test_a_column_name_with_spaces_around_it_is_the_column(tmp_path: Path) -> None:
    path = csv(tmp_path, "No., Title ,Amount,Commons ID\nr1,One,5,\n")
    assert retitle(opened(path), r1="Uno") == [Outcome("r1")]
    assert path.read_text() == "No., Title ,Amount,Commons ID\nr1,Uno,5,\n"


def test_rows_are_numbered_as_a_spreadsheet_program_does_whatever_line_breaks_they_hold(tmp_path: Path) -> None:
    connector = opened(csv(tmp_path, HEAD + 'r1,"Two\nlines",5,\n\n,No id,6,\n'))
    (row,) = refused(connector)
    assert row.place == "rows.csv, row 4"


def test_a_row_with_too_many_cells_is_set_aside(tmp_path: Path) -> None:
    (row,) = refused(opened(csv(tmp_path, HEAD + "r1,Wells, deep,5,k1\n")))
    assert row.id == "r1" and "row 2" in row.reason and "more cells" in row.reason


def test_a_csv_keeps_columns_that_the_hub_does_not_know_and_blank_lines(tmp_path: Path) -> None:
    path = csv(tmp_path, "No.,Notes,Title,Amount\n\nr1,=private(1),One,5\n")
    retitle(opened(path), r1="Uno")
    assert path.read_text() == "No.,Notes,Title,Amount\n\nr1,=private(1),Uno,5\n"


def test_a_key_column_is_added_where_there_is_none(tmp_path: Path) -> None:
    path = csv(tmp_path, "No.,Title,Amount\nr1,One,5\n")
    connector = opened(path)
    connector.update([Edit("r1", {"Commons ID": "k1"}, records(connector)["r1"])])
    assert path.read_text() == "No.,Title,Amount,Commons ID\nr1,One,5,k1\n"


# --- XLSX --------------------------------------------------------------------


def test_typed_cells_are_read_as_they_are_and_nothing_is_a_float(tmp_path: Path) -> None:
    values = ["007", 7, 7.0, 0.1, True, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), timedelta(hours=2), "1/2"]
    path = xlsx(tmp_path, *([f"r{n}", value, None, None] for n, value in enumerate(values)))
    read = [record.fields["Title"] for record in records(opened(path)).values()]
    assert read == ["007", 7, 7, Decimal("0.1"), True, "2026-03-01", "2026-03-01T09:30:00", "2:00:00", "1/2"]


def test_dates_count_from_the_year_that_the_workbook_counts_from(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path,
        ["r1", date(2026, 3, 1), None, None],
        change=lambda sheet: setattr(sheet.parent, "epoch", CALENDAR_MAC_1904),
    )
    connector = opened(path)
    assert records(connector)["r1"].fields["Title"] == "2026-03-01"
    retitle(connector, r1="2026-04-01")
    assert load_workbook(path).active["B2"].value == datetime(2026, 4, 1)


def test_a_formula_keeps_its_last_value_when_the_hub_writes_beside_it(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path, ["r1", "One", "=1+1", None], ["r2", "Two", '=IF(1,"","x")', None], ["r3", "Three", "=1>0", None]
    )
    for cell, type, value in (("C2", "", "2"), ("C3", ' t="str"', ""), ("C4", ' t="b"', "1")):
        patched(path, rf'<c r="{cell}">(<f>[^<]*</f>)<v ?/?>(</v>)?', rf'<c r="{cell}"{type}>\1<v>{value}</v>')
    connector = opened(path)
    for title in ("Uno", "Un"):
        assert retitle(connector, r1=title) == [Outcome("r1")]
        assert [record.fields["Amount"] for record in records(connector).values()] == [2, None, True]
    assert load_workbook(path).active["C2"].value == "=1+1"
    assert load_workbook(path).calculation.fullCalcOnLoad


def test_a_formula_that_nobody_calculated_is_no_blank(tmp_path: Path) -> None:
    (row,) = refused(opened(xlsx(tmp_path, ["r1", "One", "=1+1", None])))
    assert row.id == "r1" and "rows.xlsx, row 2" in row.reason and "Open the file in Excel and save it" in row.reason


def test_an_error_in_a_cell_is_no_value(tmp_path: Path) -> None:
    (row,) = refused(opened(xlsx(tmp_path, ["r1", "One", "#N/A", None])))
    assert row.id == "r1" and "'Amount' holds the error #N/A" in row.reason


@pytest.mark.parametrize(
    ("plant", "value", "says"),
    [
        (lambda sheet: setattr(sheet["B3"], "value", "=1+1"), "new", "Map 'Title' with way = \"in\""),
        (lambda sheet: sheet.merge_cells("A3:B3"), "new", "Split them"),
        (lambda sheet: None, "x" * 32_768, "32767 characters"),
        (lambda sheet: None, 10**28 + 1, "15 digits"),
        (lambda sheet: None, Decimal("0.1234567890123456"), "15 digits"),
        (lambda sheet: None, 1234567890123456, "15 digits"),
        (lambda sheet: None, ["a", "b"], "separator"),
    ],
)
def test_what_a_cell_cannot_take_refuses_its_row_alone(tmp_path: Path, plant: Any, value: Any, says: str) -> None:
    path = xlsx(tmp_path, ["r1", "One", 1, None], ["r2", None, 2, None], change=plant)
    plain = Wanted("rows", ("Commons ID",), "Commons ID")
    settings = Settings("mine", {"path": str(path), "id": "No.", "writable": True})
    connector = system.open(settings, plain, Transport(hosts=[], time=ManualTime()))
    edits = [Edit(id, {"Title": title}, Record(id, {})) for id, title in (("r2", value), ("r1", "Uno"))]
    wrong, right = connector.update(edits)
    assert isinstance(wrong.error, Invalid) and says in str(wrong.error)
    assert right == Outcome("r1") and load_workbook(path).active["B2"].value == "Uno"


def test_text_that_looks_like_a_formula_stays_text_through_writes_and_edits_by_hand(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ["r1", "One", 1, None], ["r2", "Two", 2, None])
    connector = opened(path)
    retitle(connector, r1="=1+1")
    retitle(connector, r2="Zwei")
    cell = load_workbook(path).active["B2"]
    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == ("=1+1", "s", True)
    retitle(connector, r1="plain")
    assert not load_workbook(path).active["B2"].quotePrefix


def test_cells_beyond_the_area_that_a_sheet_declares_are_read(tmp_path: Path) -> None:
    path = patched(xlsx(tmp_path, ["r1", "One", 5, None]), r'<dimension ref="[^"]*"', '<dimension ref="A1"')
    assert records(opened(path))["r1"].fields["Title"] == "One"


def test_new_rows_follow_the_last_one_that_holds_something_and_look_like_it(tmp_path: Path) -> None:
    def plant(sheet: Any) -> None:
        sheet["B50"].number_format = "0.00"
        sheet["F3"] = "a note under no name"

    path = xlsx(tmp_path, ["r1", date(2026, 3, 1), 5, None], ["r2", date(2026, 3, 2), 5, None], change=plant)
    opened(path).create([Draft("k1", {"Commons ID": "k1", "Title": "2026-03-03", "New": "x"})])
    sheet = load_workbook(path).active
    assert [sheet.cell(4, column).value for column in (1, 2, 4)] == ["k1", datetime(2026, 3, 3), "k1"]
    assert (sheet["F1"].value, sheet["G1"].value, sheet["G4"].value) == (None, "New", "x")


def test_a_deleted_row_leaves_formulas_below_as_they_were(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ["r1", "One", 1, None], ["r2", "Two", 2, None], change=lambda s: s.__setitem__("F3", "=C3*2"))
    connector = opened(path)
    assert connector.delete(["r1", "never there"]) == [Outcome("r1"), Outcome("never there")]
    assert list(records(connector)) == ["r2"] and load_workbook(path).active["F3"].value == "=C3*2"


def test_a_worksheet_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"rows\.xlsx has no worksheet 'Grants'. It has: Sheet"):
        records(opened(xlsx(tmp_path), sheet="Grants"))


# --- files that are none -----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "Take the password off"),
        ("rows.xlsx", b"\xef\xbb\xbf\n<table><tr><td>No.</td></tr></table>", "Export it again as .xlsx"),
        ("rows.csv", b'<?xml version="1.0"?><Workbook/>', "save it as .xlsx"),
        ("rows.ods", b"PK\x03\x04", "only .csv and .xlsx files"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named_and_so_is_the_way_out(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConnectorError) as caught:
        records(opened(tmp_path / name))
    assert says in str(caught.value) and name in str(caught.value) and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("old", ["</row>.*", "<sheetData>.*"])
def test_a_torn_workbook_is_no_crash(tmp_path: Path, old: str) -> None:
    path = patched(xlsx(tmp_path, ["r1", "One", 5, None]), f"(?s){old}", "<")
    with pytest.raises(Unavailable, match=r"rows\.xlsx cannot be read as XLSX .*Open it and save it again"):
        records(opened(path))


def test_a_workbook_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.spreadsheet.xlsx_file.UNPACKED", 1000)
    with pytest.raises(Unavailable, match=r"rows\.xlsx unpacks to more than"):
        records(opened(xlsx(tmp_path)))


def test_a_folder_is_read_whole_but_for_folders_in_it_and_lock_files(tmp_path: Path) -> None:
    csv(tmp_path, HEAD + "r1,One,5,\n")
    xlsx(tmp_path, ["r2", "Two", 6, None])
    (tmp_path / "archive.csv").mkdir()
    (tmp_path / "~$rows.xlsx").write_bytes(b"")
    assert set(records(opened(tmp_path))) == {"r1", "r2"}


def test_a_file_that_cannot_be_opened_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv(tmp_path, HEAD)
    connector = opened(path)

    def locked(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(Unavailable, match=r"rows\.csv cannot be read: Permission denied"):
        records(connector)


def test_a_folder_that_takes_no_new_file_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = opened(csv(tmp_path, HEAD + "r1,One,5,\n"))

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("connectors.spreadsheet.rewrite.tempfile.mkstemp", full)
    with pytest.raises(Unavailable, match=r"rows\.csv cannot be written: No space left on device"):
        retitle(connector, r1="Uno")


# --- whose row ---------------------------------------------------------------


def test_a_file_sorted_between_the_look_and_the_write_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = csv(tmp_path, HEAD + "r1,One,5,\nr2,Two,6,\n")
    connector = opened(path)
    there = records(connector)["r1"]
    look = CsvFormat.open
    looks: list[Path] = []

    @contextmanager
    def sorted_after(self: CsvFormat, file: Path, options: Any) -> Iterator[Any]:
        with look(self, file, options) as sheet:
            yield sheet
        looks.append(file)
        if len(looks) == 2:
            path.write_text(HEAD + "r2,Two,6,\nr1,One,5,\n")

    monkeypatch.setattr(CsvFormat, "open", sorted_after)
    with pytest.raises(Unavailable, match="saved by someone else meanwhile"):
        connector.update([Edit("r1", {"Title": "Uno"}, there)])
    assert path.read_text() == HEAD + "r2,Two,6,\nr1,One,5,\n" and list(tmp_path.iterdir()) == [path]


def test_one_file_open_elsewhere_does_not_keep_another_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + "r1,One,5,\n")
    (tmp_path / "b.csv").write_text(HEAD + "r2,Two,6,\n")
    (tmp_path / "~$b.csv").write_bytes(b"")
    first, second = retitle(opened(tmp_path), r1="Uno", r2="Zwei")
    assert first == Outcome("r1") and isinstance(second.error, Unavailable)
    assert "Uno" in (tmp_path / "a.csv").read_text() and "Two" in (tmp_path / "b.csv").read_text()


@pytest.mark.parametrize("kind", ["update", "delete", "create"])
def test_rows_that_cannot_be_told_apart_are_never_written(tmp_path: Path, kind: str) -> None:
    text = HEAD + "r1,One,5,k1\nr1,One again,6,k1\n"
    path = csv(tmp_path, text)
    connector = opened(path)
    (outcome,) = {
        "update": lambda: connector.update([Edit("r1", {"Title": "Uno"}, Record("r1", {}))]),
        "delete": lambda: connector.delete(["r1"]),
        "create": lambda: connector.create([Draft("k1", {"Commons ID": "k1", "Title": "Uno"})]),
    }[kind]()
    assert isinstance(outcome.error, Invalid) and "row 2 and rows.csv, row 3" in str(outcome.error)
    assert path.read_text() == text


def test_creating_what_is_there_already_changes_that_row_and_gives_its_own_id(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "r1,One,5,k1\n")
    assert opened(path).create([Draft("k1", {"Commons ID": "k1", "Title": "Uno"})]) == [Outcome("r1")]
    assert path.read_text() == HEAD + "r1,Uno,5,k1\n"


@pytest.mark.parametrize(
    "rows", ["r1,One,5,\nr2,Two,6,\nr1,Again,7,\n", "r2,Two,6,\n,Lost its id,5,\n"], ids=["doubled", "nameless"]
)
def test_rows_that_do_not_say_who_they_are_leave_every_absence_unproven(tmp_path: Path, rows: str) -> None:
    connector = opened(csv(tmp_path, HEAD + rows), complete=True)
    assert not any(page.complete for page in connector.changes(None))
    found = connector.get(["r1", "r2", "r3"])
    assert isinstance(found["r1"], Unseen) and isinstance(found["r2"], Record) and isinstance(found["r3"], Unseen)


def test_a_row_that_is_set_aside_is_not_gone(tmp_path: Path) -> None:
    connector = opened(xlsx(tmp_path, ["r1", "#N/A", 5, None]), complete=True)
    found = connector.get(["r1", "r2"])
    assert isinstance(found["r1"], Unseen) and "#N/A" in found["r1"].reason and found["r2"] == Gone("r2")


@pytest.mark.parametrize("changed", [{"encoding": "cp1250"}, {"delimiter": ";"}, {"id": "Title"}])
def test_a_file_declared_anew_is_read_anew(tmp_path: Path, changed: dict[str, str]) -> None:
    path = csv(tmp_path, "No.;x,Title,Title;No.\n", "cp1252")

    def cursor(**options: str) -> str | None:
        connector = opened(path, **({"encoding": "cp1252"} | options))
        return connector._state([path])  # type: ignore[attr-defined]

    assert cursor() == cursor() and cursor() != cursor(**changed)


# --- what cells mean ---------------------------------------------------------

PROFILE = """
system = "spreadsheet"
object = "rows"
kind = "project"
key = "Commons ID"
share = {{ always = true }}
[fields]
title = "Title"
"period.start" = {{ field = "Start", type = "date", format = "{date}" }}
"ask.requested" = {{ field = "Amount", currency = "KWD", decimal = "{decimal}", thousands = "{thousands}" }}
"""


@pytest.mark.parametrize(
    ("profile", "amount", "start"),
    [
        ({"date": "%d.%m.%Y", "decimal": ",", "thousands": "."}, "1234", "2026-04-03"),
        ({"date": "%m.%d.%Y", "decimal": ".", "thousands": ","}, "1.234", "2026-03-04"),
    ],
)
def test_the_same_cells_mean_what_the_profile_declares(
    tmp_path: Path, profile: dict[str, str], amount: str, start: str
) -> None:
    (tmp_path / "mine.toml").write_text(PROFILE.format(**profile))
    mapping = load(tmp_path / "mine.toml")
    reading = mapping.read({"Title": "Wells", "Start": "03.04.2026", "Amount": "1.234", "Commons ID": None})
    assert Decimal(reading.values["ask.requested"]["amount"]) == Decimal(amount)
    assert reading.values["period.start"]["date"] == start and not reading.problems


def test_cells_that_the_profile_does_not_declare_are_a_problem_and_no_guess(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PROFILE.format(date="%d/%m/%Y", decimal=".", thousands=","))
    mapping = load(tmp_path / "mine.toml")
    reading = mapping.read({"Title": "Wells", "Start": "31.12.2026", "Amount": "1.234,50", "Commons ID": None})
    assert {problem.path for problem in reading.problems} == {"period.start", "ask.requested"}


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="The published 360Giving files are not beside the checkout.")
def test_published_files_are_read_with_their_marks_their_padding_and_their_declared_encoding() -> None:
    def said(name: str, **options: str) -> dict[str, Any]:
        settings = Settings("mine", {"path": str(PUBLISHED / name), "id": "Identifier"} | options)
        wanted = Wanted("grants", ("Recipient Org:Name", "Title", "Currency"))
        return {
            id: r.fields
            for id, r in records(system.open(settings, wanted, Transport(hosts=[], time=ManualTime()))).items()
        }

    assert said("bom.csv") == {"42": {"Currency": "GBP"}}
    padded = said("fundingproviders-grants_2_grants.xlsx")["360G-fundingproviders-000001/X/00/X"]
    assert padded["Title"].startswith("Title A  ") and padded["Currency"] == "GBP"
    cp1252 = "fundingproviders-grants_2_grants_cp1252.csv"
    assert set(said(cp1252, encoding="cp1252")) == {
        "360G-<~>€funding€providers-000001/X/00/X", "360G-<~>€funding±Áproviders-000002/X/00/X",
    }  # fmt: skip
    with pytest.raises(Unavailable, match='encoding = "cp1252"'):
        said(cp1252)
