"""Text as XLSX keeps it: what XML cannot hold is spelt ``_x000D_``, and text that looks so itself begins with
``_x005F_`` (ECMA-376 part 1, 22.9.2.19, ST_Xstring). Excel does so; openpyxl leaves it to its callers."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

_SPELT = re.compile("_x([0-9A-Fa-f]{4})_")
# A carriage return may stand in XML, but every parser reads it as a line feed (XML 1.0, 2.11).
_TO_SPELL = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_STRING = f"{{{SHEET_MAIN_NS}}}si"


def spelt(text: str) -> str:
    """As it may stand in the file."""
    return _TO_SPELL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


NAMES = (".xlsx", ".xlsm", ".xltx", ".xltm")


def meant(text: str) -> str:
    """The text that stands in the file, as Excel shows it."""
    if "_x" not in text:
        return text
    plain = _SPELT.sub(lambda found: chr(int(found[1], 16)), text)
    # A character beyond the basic plane may be spelt as its two halves.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def load(path: Path, **how: bool) -> Any:
    """The workbook with every text as the file has it."""
    # openpyxl goes by the name; a workbook that somebody called a.csv is one all the same.
    reader = _Reader(path if path.suffix.lower() in NAMES else io.BytesIO(path.read_bytes()), **how)
    reader.read()
    return reader.wb


class _Reader(ExcelReader):
    """openpyxl takes each ``x005F_`` out of the shared texts and does not put it back, so that saving a file
    would change cells that nobody asked it to touch."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as source:
            for _, node in iterparse(source):
                if node.tag == _STRING:
                    text: Any = Text.from_tree(node)
                    self.shared_strings.append(text.content)
                    node.clear()
