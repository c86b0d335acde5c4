"""How much work a workbook makes, before anything in it is read: some kilobytes of zip hold a million formats, and openpyxl
builds an object of each, which takes minutes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from connectors.contract import Unavailable
from schemas.said import phrase

CELLS = frozenset(("row", "c", "v", "f"))
"""Elements that are counted where they are read (``grid.Counted``)."""
TEXTS, MOST_TEXTS = frozenset(("si", "is", "t")), 1_000_000
MOST_OTHERS = 200_000
"""Formats, merged cells, links and whatever else there is in all parts. Excel itself holds 65,490 formats."""
LONGEST = 256 * 1024
"""Characters in one tag or comment: parsers that are fed bit by bit begin such a one again with each bit (CVE-2023-52425)."""


def weigh(path: Path) -> None:
    """Raises ``Unavailable`` for a workbook with more than that. What is no XML weighs nothing: nobody parses it. Holds one
    part at a time in memory."""
    texts = others = 0
    part = ""

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal texts, others
        plain = name.rpartition("}")[2]
        if plain in TEXTS:
            texts += 1
        elif plain not in CELLS:
            others += 1
        if texts > MOST_TEXTS or others > MOST_OTHERS:
            raise Unavailable(
                phrase(
                    "%(name)s holds too much besides its cells: formats, merged cells, links or pivot tables (in %(part)s). "
                    "Copy the cells into a new file, values only.",
                    name=path.name,
                    part=part,
                )
            )
        is_short(name, *attributes, *attributes.values())

    def is_short(*texts: str) -> None:
        if sum(map(len, texts)) > LONGEST:
            raise Unavailable(
                phrase(
                    "%(name)s holds a tag or comment of more than %(longest)s characters (in %(part)s). Copy the cells into "
                    "a new file.",
                    name=path.name,
                    longest=LONGEST,
                    part=part,
                )
            )

    def declares(*_what: object) -> None:
        raise Unavailable(
            phrase(
                "%(name)s declares XML of its own, as no spreadsheet program does (in %(part)s). Copy the cells into a new file.",
                name=path.name,
                part=part,
            )
        )

    with zipfile.ZipFile(path) as packed:
        for info in packed.infolist():
            part = info.filename[:100]
            parser = expat.ParserCreate(namespace_separator="}")
            parser.StartElementHandler, parser.StartDoctypeDeclHandler = begins, declares
            parser.CommentHandler = parser.ProcessingInstructionHandler = is_short
            try:
                parser.Parse(packed.read(info), True)
            except expat.ExpatError:
                continue
