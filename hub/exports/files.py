"""The file of each format, made a piece at a time: 100,000 opportunities need no more memory than 500."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from hub.app import Hub
from hub.commons.names import known_here
from hub.exports import cells, threesixty, workbook
from hub.exports.reader import BLANK, Losses, Reader, known, views
from mappings import language

FORMATS = ("csv", "xlsx", "json", "360giving")
KINDS = {
    "csv": ("text/csv; charset=utf-8", "opportunities.csv"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "opportunities.xlsx"),
    "json": ("application/json", "opportunities.json"),
    "360giving": ("application/json", "grants-360giving.json"),
}
"""Media type and name of the file."""
PIECE = 64 * 1024
BOM = "\ufeff"
"""Without it, Excel takes a CSV file for one in the code page of its country, and what is written in Arabic is lost."""
NOT_IN_JSON = ("totals.table",)


def losses(hub: Hub, reader: Reader, format: str, mapping: str = threesixty.MAPPING) -> Losses:
    """What the file will not hold, before it is made."""
    told = Losses()
    with hub.reading() as conn:
        if format == "360giving":
            profile = language.load(mapping, hub.config.mapping_folders)
            for row, positions, view in views(conn, hub, reader):
                names = known_here(conn, row, reader.member) if positions else {}
                for _grant in threesixty.grants(profile, reader, row, positions, view, names, told):
                    pass
            return told
        for _row, _positions, view in views(conn, hub, reader):
            told.rows += 1
            kept = view.keys() - set(NOT_IN_JSON) if format == "json" else cells.kept(view)
            told.lose(view, kept)
            if format == "xlsx":
                told.fields.update(p for p in cells.COLUMNS if len(cells.text(p, view.get(p))) >= cells.LONGEST)
    return told


def export(hub: Hub, reader: Reader, format: str, mapping: str = threesixty.MAPPING) -> Iterator[bytes]:
    """ValueError for a format that there is none of."""
    if format not in FORMATS:
        raise ValueError(f"There is no format {format!r}. Known: {', '.join(FORMATS)}.")
    if format == "360giving":
        return _package(hub, reader, mapping)
    return {"csv": _csv, "xlsx": _xlsx, "json": _json}[format](hub, reader)


def _csv(hub: Hub, reader: Reader) -> Iterator[bytes]:
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow(cells.HEADINGS)
    with hub.reading() as conn:
        for row, _positions, view in views(conn, hub, reader):
            writer.writerow(cells.row(view, row.kind))
            if out.tell() > PIECE:
                yield out.getvalue().encode("utf-8", "replace")
                out.seek(0)
                out.truncate()
    yield out.getvalue().encode("utf-8", "replace")


def _xlsx(hub: Hub, reader: Reader) -> Iterator[bytes]:
    def rows() -> Iterator[Sequence[str]]:
        yield cells.HEADINGS
        with hub.reading() as conn:
            for row, _positions, view in views(conn, hub, reader):
                yield cells.row(view, row.kind)

    with tempfile.TemporaryFile() as file:
        workbook.write(file, "Opportunities", rows(), cells.LONGEST)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _json(hub: Hub, reader: Reader) -> Iterator[bytes]:
    def items() -> Iterator[Any]:
        with hub.reading() as conn:
            for row, _positions, view in views(conn, hub, reader):
                yield {"kind": row.kind} | {
                    path: value
                    for path, value in view.items()
                    if value not in BLANK and path not in NOT_IN_JSON and known(path)
                }

    return _listed("opportunities", items())


def _package(hub: Hub, reader: Reader, mapping: str) -> Iterator[bytes]:
    def items() -> Iterator[Any]:
        profile, told = language.load(mapping, hub.config.mapping_folders), Losses()
        with hub.reading() as conn:
            for row, positions, view in views(conn, hub, reader):
                names = known_here(conn, row, reader.member) if positions else {}
                yield from threesixty.grants(profile, reader, row, positions, view, names, told)

    return _listed("grants", items())


def _listed(name: str, items: Iterator[Any]) -> Iterator[bytes]:
    yield f'{{"{name}": ['.encode()
    for number, item in enumerate(items):
        yield ((",\n" if number else "\n") + json.dumps(item, ensure_ascii=False)).encode("utf-8", "replace")
    yield b"\n]}\n"
