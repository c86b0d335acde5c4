"""Files as a system: read exactly as they stand, written without harm, and nothing guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from connectors.clock import ManualTime
from connectors.contract import (
    Connector,
    ConnectorError,
    Draft,
    Edit,
    Gone,
    Invalid,
    Record,
    Refused,
    Settings,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.spreadsheet import connector as system
from connectors.transport import Transport

HEAD = "No.,Title,Amount,Commons ID\n"
WANTED = Wanted("rows", ("Title", "Amount", "Commons ID"), "Commons ID")


def opened(path: Path, **options: Any) -> Connector:
    settings = Settings("mine", {"path": str(path), "id": "No.", "writable": True} | options)
    return system.open(settings, WANTED, Transport(hosts=[], time=ManualTime()))


def records(connector: Connector, since: str | None = None) -> list[Record]:
    return [record for page in connector.changes(since) for record in page.records]


def refused(connector: Connector) -> list[Refused]:
    return [row for page in connector.changes(None) for row in page.refused]


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "rows.csv"
    path.write_bytes(text.encode(encoding))
    return path


def xlsx(folder: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    for row in (["No.", "Title", "Amount", "Commons ID"], *rows):
        book.active.append(row)
    book.save(folder / "rows.xlsx")
    return folder / "rows.xlsx"


@pytest.mark.parametrize(
    ("encoding", "options"),
    [("utf-8", {}), ("utf-8-sig", {}), ("cp1252", {"encoding": "cp1252"}), ("utf-16", {"encoding": "utf-16"})],
)
def test_a_csv_is_read_in_its_declared_encoding(tmp_path: Path, encoding: str, options: dict[str, str]) -> None:
    path = csv(tmp_path, HEAD + "001,Café für alle,5,\n", encoding)
    (record,) = records(opened(path, **options))
    assert record.id == "001" and record.fields["Title"] == "Café für alle"


def test_a_wrong_encoding_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "001,Café,5,\n", "cp1252")
    with pytest.raises(Unavailable, match=r'rows\.csv is not utf-8 .*encoding = "cp1252"'):
        records(opened(path))


def test_a_delimiter_is_declared_and_never_guessed(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD.replace(",", ";") + "001;Wells, deep;5;\n")
    with pytest.raises(Invalid, match="Declare delimiter = ';'"):
        records(opened(path))
    assert records(opened(path, delimiter=";"))[0].fields["Title"] == "Wells, deep"


def test_text_is_text_leading_zeros_and_all(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "007,1/2,0050,\n")
    (record,) = records(opened(path))
    assert (record.id, record.fields["Title"], record.fields["Amount"]) == ("007", "1/2", "0050")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nothing_that_the_hub_writes_can_run_and_it_reads_back_the_same(tmp_path: Path, kind: str) -> None:
    path = csv(tmp_path, HEAD) if kind == "csv" else xlsx(tmp_path)
    connector = opened(path)
    texts = ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1", "'=1", "'quoted'", "plain"]
    outcomes = connector.create([Draft(f"k{n}", {"Commons ID": f"k{n}", "Title": t}) for n, t in enumerate(texts)])
    assert all(outcome.error is None for outcome in outcomes)
    assert [record.fields["Title"] for record in records(connector)] == texts
    if kind == "csv":
        cells = [line.split(",")[1].strip('"') for line in path.read_text().splitlines()[1:]]
        assert all(cell[:1] not in "=+-@＝" for cell in cells), cells
    else:
        assert all(
            cell.data_type == "s"
            for row in load_workbook(path).active.iter_rows(min_row=2)
            for cell in row
            if cell.value
        )


def test_rows_with_one_id_are_set_aside_with_their_numbers(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "001,One,5,\n002,Two,6,\n001,One again,7,\n,No id,8,\n")
    connector = opened(path)
    assert [record.id for record in records(connector)] == ["002"]
    reasons = [row.reason for row in refused(connector)]
    assert any("row 2" in r and "row 4" in r and "'001'" in r for r in reasons)
    assert any("row 5" in r for r in reasons)


@pytest.mark.parametrize("complete", [True, False])
def test_absence_means_deleted_only_where_the_file_is_declared_complete(tmp_path: Path, complete: bool) -> None:
    path = csv(tmp_path, HEAD + "001,One,5,\n002,Two,6,\n")
    connector = opened(path, complete=complete)
    assert [page.complete for page in connector.changes(None)][-1] is complete
    path.write_text(HEAD + "001,One,5,\n")
    assert isinstance(connector.get(["002"])["002"], Gone if complete else Unseen)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_five_hundred_columns_are_read_and_only_the_wanted_kept(tmp_path: Path, kind: str) -> None:
    names = ["No.", "Title", "Amount", "Commons ID", *(f"Column {n}" for n in range(496))]
    cells = ["001", "One", "5", "", *("x" for _ in range(496))]
    if kind == "csv":
        path = csv(tmp_path, ",".join(names) + "\n" + ",".join(cells) + "\n")
    else:
        book = Workbook()
        book.active.append(names)
        book.active.append(cells)
        path = tmp_path / "rows.xlsx"
        book.save(path)
    connector = opened(path)
    (record,) = records(connector)
    assert record.fields["Title"] == "One" and set(record.fields) <= set(WANTED.fields)
    (outcome,) = connector.update([Edit("001", {"Title": "Uno"}, record)])
    assert outcome.error is None and records(connector)[0].fields["Title"] == "Uno"
    if kind == "csv":
        assert path.read_text().splitlines()[1].count("x") == 496  # what is not mapped stays


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.csv", b"<!doctype html><title>Sign in</title>", "web page"),
        ("rows.xlsx", b"<html><body>Sign in</body></html>", "web page"),
        ("rows.csv", b"PK\x03\x04rest", "wrong ending"),
        ("rows.xlsx", b"\xd0\xcf\x11\xe0old", "Save it as .xlsx"),
        ("rows.xlsx", b"PK\x03\x04truncated", "rows.xlsx"),
        ("rows.csv", b"", "no column names"),
        ("rows.csv", b"No.,Title,Title\n1,a,b\n", "two columns are called 'Title'"),
        ("rows.csv", b"Nr,Title\n1,a\n", "no column 'No.'"),
        ("rows.csv", b'No.,Title\n1,"half', "no well-formed CSV"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_named_and_so_is_the_way_out(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConnectorError) as caught:
        records(opened(tmp_path / name))
    assert says in str(caught.value) and name in str(caught.value)
    assert (tmp_path / name).read_bytes() == content


def test_a_row_that_changed_since_it_was_read_is_not_written_over(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "001,One,5,\n")
    connector = opened(path)
    (record,) = records(connector)
    path.write_text(HEAD + "001,Someone else's,5,\n")
    (outcome,) = connector.update([Edit("001", {"Title": "Ours"}, record)])
    assert isinstance(outcome.error, Stale) and "Someone else's" in path.read_text()


def test_rows_that_were_sorted_meanwhile_are_found_again(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "001,One,5,\n002,Two,6,\n")
    connector = opened(path)
    first = records(connector)[0]
    path.write_text(HEAD + "002,Two,6,\n001,One,5,\n")
    connector.update([Edit("001", {"Title": "Uno"}, first)])
    assert path.read_text() == HEAD + "002,Two,6,\n001,Uno,5,\n"


def test_a_file_open_in_a_spreadsheet_program_is_left_alone(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ["001", "One", 5, None])
    (tmp_path / "~$rows.xlsx").write_bytes(b"")
    connector = opened(path)
    before = path.read_bytes()
    with pytest.raises(Unavailable, match="open in Excel"):
        connector.create([Draft("k", {"Commons ID": "k", "Title": "New"})])
    assert path.read_bytes() == before


def test_an_xlsx_keeps_what_the_hub_does_not_know(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ["001", "One", 5, None])
    book = load_workbook(path)
    book.active["F1"], book.active["F2"] = "Our notes", "private"
    book.create_sheet("Budget")["A1"] = "=1+1"
    book.save(path)
    connector = opened(path)
    (record,) = records(connector)
    (outcome,) = connector.update([Edit("001", {"Title": "Uno"}, record)])
    assert outcome.error is None
    book = load_workbook(path)
    assert (book.active["B2"].value, book.active["F2"].value, book["Budget"]["A1"].value) == ("Uno", "private", "=1+1")


def test_nothing_is_read_again_while_no_byte_changed(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "001,One,5,\n")
    connector = opened(path)
    cursor = list(connector.changes(None))[-1].cursor
    assert records(connector, cursor) == []
    path.write_text(HEAD + "001,Uno,5,\n")
    assert [record.fields["Title"] for record in records(connector, cursor)] == ["Uno"]


def test_a_file_that_may_not_be_written_is_not(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD)
    connector = opened(path, writable=False)
    assert not connector.capabilities.writes
    (outcome,) = connector.create([Draft("k", {"Commons ID": "k"})])
    assert isinstance(outcome.error, Invalid) and "writable = true" in str(outcome.error) and path.read_text() == HEAD
