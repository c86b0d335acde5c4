"""Every hostile string through a file: what the hub writes is what the hub, and somebody else's program, reads."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape

from connectors.clock import ManualTime
from connectors.contract import Connector, Draft, Edit, Invalid, Settings, Wanted
from connectors.spreadsheet import connector as system
from connectors.spreadsheet.formula import unmarked
from connectors.transport import Transport
from tests.hostile.strings import STRINGS

HEAD = ["No.", "Text", "Untouched"]
LONGEST = 32_767


def opened(path: Path, **options: str) -> Connector:
    settings = Settings("mine", {"path": str(path), "id": "No.", "writable": True} | options)
    return system.open(settings, Wanted("rows", ("No.", "Text")), Transport(hosts=[], time=ManualTime()))


def texts(path: Path) -> list[str | None]:
    return [record.fields["Text"] for page in opened(path).changes(None) for record in page.records]


def sheet(path: Path) -> Path:
    """An empty sheet of its kind."""
    if path.suffix == ".csv":
        path.write_text(",".join(HEAD) + "\n")
    else:
        book = Workbook()
        book.active.append(HEAD)
        book.save(path)
    return path


def written(path: Path) -> list[str]:
    """The strings that came to be in a new file, in order."""
    drafts = [Draft(str(n), {"No.": str(n), "Text": text}) for n, text in enumerate(STRINGS)]
    outcomes = opened(sheet(path)).create(drafts)
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    return list(STRINGS)


def in_a_cell(path: Path) -> list[str]:
    """Cells as another program has them: text that CSV marks with an apostrophe has lost it."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return [unmarked(row["Text"]) for row in csv.DictReader(file)]
    # Excel reads _x000D_ as a carriage return; openpyxl offers to, but does not do it by itself.
    rows = list(load_workbook(path).active.iter_rows(min_row=2, max_col=2, values_only=True))
    return [unescape(str(row[1])) for row in rows]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_gives_back_every_string_as_it_was_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sheet.{ending}"
    expected = written(path)
    assert texts(path) == expected
    assert in_a_cell(path) == expected


def test_it_does_so_without_the_optional_xml_library(tmp_path: Path) -> None:
    """openpyxl writes through lxml where it is installed, and the standard library's writer is another one: it put
    bare carriage returns and U+FFFE into the file, so that the first were lost and the second made it unreadable."""
    code = (
        "import sys; from pathlib import Path; from tests.hostile.test_files import texts, written\n"
        "import openpyxl; assert not openpyxl.LXML\n"
        "path = Path(sys.argv[1]); assert written(path) == texts(path)"
    )
    environment = os.environ | {"OPENPYXL_LXML": "False", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(tmp_path / "sheet.xlsx")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_cells_beside_the_written_ones_stay_as_they_were(tmp_path: Path, ending: str) -> None:
    path = sheet(tmp_path / f"sheet.{ending}")
    connector = system.open(
        Settings("mine", {"path": str(path), "id": "No.", "writable": True}),
        Wanted("rows", ("No.", "Text", "Untouched")),
        Transport(hosts=[], time=ManualTime()),
    )
    connector.create([Draft(str(n), {"No.": str(n), "Untouched": text}) for n, text in enumerate(STRINGS)])
    before = [record.fields["Untouched"] for page in connector.changes(None) for record in page.records]
    assert before == list(STRINGS)
    found = {record.id: record for page in opened(path).changes(None) for record in page.records}
    outcomes = opened(path).update([Edit(id, {"Text": "new"}, record) for id, record in found.items()])
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    after = [record.fields["Untouched"] for page in connector.changes(None) for record in page.records]
    assert after == before


def test_a_workbook_that_another_program_made_is_read_as_that_program_shows_it(tmp_path: Path) -> None:
    """Excel spells a carriage return _x000D_, and text that looks so with _x005F_ before it, in its table of texts."""
    path = tmp_path / "excel.xlsx"
    book = Workbook()
    book.active.append(HEAD)
    book.active.append(["1", "SHARED", "x"])
    book.save(path)
    _with_shared_text(path, "one_x000D_\ntwo _x005F_x0041_ _xD83D__xDCA7_ x005F_")
    assert texts(path) == ["one\r\ntwo _x0041_ \U0001f4a7 x005F_"]
    (record,) = [record for page in opened(path).changes(None) for record in page.records]
    opened(path).update([Edit("1", {"No.": "1"}, record)])
    assert texts(path) == ["one\r\ntwo _x0041_ \U0001f4a7 x005F_"]


def _with_shared_text(path: Path, text: str) -> None:
    """Puts the text where Excel puts all texts; openpyxl writes them into the cells."""
    import zipfile

    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}"><si><t>{text}</t></si></sst>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    listed = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", listed.encode())
    cell = parts["xl/worksheets/sheet1.xml"]
    assert b"SHARED" in cell
    cell = cell.replace(b't="inlineStr"><is><t>SHARED</t></is>', b't="s"><v>0</v>')
    parts["xl/worksheets/sheet1.xml"] = cell
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def test_what_a_file_cannot_hold_is_refused_with_the_reason_and_the_other_rows_are_written(tmp_path: Path) -> None:
    cases = [
        ("xlsx", {}, "x" * (LONGEST + 1), "A cell holds 32767 characters"),
        ("csv", {"encoding": "cp1252"}, "Wasser ماء", "Save it as UTF-8"),
        ("csv", {"encoding": "ascii"}, "é", "Save it as UTF-8"),
    ]
    for ending, options, text, says in cases:
        path = sheet(tmp_path / f"{len(text)}.{ending}")
        drafts = [Draft("1", {"No.": "1", "Text": text}), Draft("2", {"No.": "2", "Text": "plain"})]
        refused, done = opened(path, **options).create(drafts)
        assert isinstance(refused.error, Invalid) and says in str(refused.error)
        assert done.error is None and texts(path) == ["plain"]
