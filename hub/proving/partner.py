"""The other side of a proof: a made-up member with a sheet in a folder that is thrown away."""

from __future__ import annotations

import csv
from pathlib import Path

from mappings import language

MAPPING = "spreadsheet-generic"
ID = "No."


class Partner:
    """One row that is shared. ``write`` is what its staff type; ``cell`` what the hub wrote into it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._file = folder / "proof.csv"
        self._columns = [ID, *language.load(MAPPING).columns]

    def write(self, **cells: str) -> None:
        """Underscores in the names stand for blanks."""
        row = self._row() | {ID: "1"} | {name.replace("_", " "): text for name, text in cells.items()}
        with self._file.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerow(row)

    def cell(self, column: str) -> str:
        return self._row().get(column, "")

    def _row(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        with self._file.open(newline="", encoding="utf-8") as file:
            return next(csv.DictReader(file))
