"""A real sheet that loses a column: nothing is taken for cleared, and the words say which and why (I17)."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.hostile.four import Four

GIVEN = {"title": "Wells", "summary": "Clean water", "organization.name": "Upper Valley Trust"}


def rewritten(file: Path, rename: dict[str, str]) -> None:
    """The sheet with other names at the heads of its columns."""
    with file.open(newline="", encoding="utf-8-sig") as old:
        head, *rows = csv.reader(old)
    with file.open("w", newline="", encoding="utf-8") as new:
        csv.writer(new).writerows([[rename.get(name, name) for name in head], *rows])


def test_a_sheet_that_lost_a_column_is_stopped_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with Four(tmp_path) as four:
        four.share("csv", [GIVEN])
        for _ in range(2):
            four.sync("csv", "xlsx")
        rewritten(four.csv, {"Summary": "Abstract"})
        result = four.sync("csv", "xlsx")["csv"]
        assert result.state == "failed" and "“Summary” (summary)" in result.message, result
        (facts,) = four.opportunities().values()
        (copy,) = four.held("xlsx").values()
        assert facts["summary"] == copy.texts["summary"] == "Clean water"
        rewritten(four.csv, {"Abstract": "Summary"})
        assert four.sync("csv", "xlsx")["csv"].state == "done"
        (facts,) = four.opportunities().values()
        assert facts["summary"] == "Clean water"
