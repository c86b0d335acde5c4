"""From Airtable's rows to records: wanted columns only, links as the records they point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.airtable import formula
from connectors.airtable.api import PAGE, Api
from connectors.contract import Raw, Record, Reference, Refused, Wanted
from schemas.said import phrase

LONGEST = 100_000
"""Characters in one cell (Airtable Support, "Long text field"; the same holds for single line text)."""

DIGITS = 15
"""Digits that a number surely keeps: it is a double on the wire and in the base."""


class Reader:
    """Turns rows of the wanted table into records. ``page`` is the address of a record for a person, or None.

    A link's target is asked for once while the reader lives, so it lives for one scan or one call.
    """

    def __init__(self, api: Api, wanted: Wanted, page: str | None) -> None:
        self._api = api
        self._wanted = wanted
        self._page = page
        self._columns = columns(wanted)
        self._targets: dict[str, dict[str, Raw]] = {}

    def read(self, rows: Sequence[Any]) -> tuple[list[Record], list[Refused]]:
        """Records, and the rows that are none."""
        good = [row for row in rows if _is_row(row)]
        refused = [
            Refused(
                None,
                phrase("table %(object)s, row %(at)s of a page", object=repr(self._wanted.object), at=at),
                phrase("This is not an Airtable record."),
            )
            for at, row in enumerate(rows, 1)
            if not _is_row(row)
        ]
        for name, reference in self._wanted.references.items():
            self._fetch(reference, [id for row in good if (id := _first(row["fields"].get(name)))])
        return [self._record(row) for row in good], refused

    def _record(self, row: Mapping[str, Any]) -> Record:
        # A cell that is not sent is blank; nothing but wanted columns goes on from here.
        fields = {name: row["fields"].get(name) for name in self._columns}
        for name, reference in self._wanted.references.items():
            fields[name] = self._target(reference, _first(fields.get(name)))
        return Record(row["id"], fields, url=self._address(row["id"]))

    def _address(self, id: str) -> str | None:
        if self._page is None:
            return None
        parts = {"{base}": self._api.base, "{table}": self._wanted.object, "{id}": id}
        url = self._page
        for name, value in parts.items():
            url = url.replace(name, value)
        return url

    def _target(self, reference: Reference, id: str | None) -> Raw | None:
        if id is None:
            return None
        return {"id": id, **self._targets.get(reference.object, {}).get(id, {})}

    def _fetch(self, reference: Reference, ids: Sequence[str]) -> None:
        known = self._targets.setdefault(reference.object, {})
        missing = [id for id in dict.fromkeys(ids) if id not in known and formula.RECORD_ID.fullmatch(id)]
        for start in range(0, len(missing), PAGE):
            wish = formula.one_of(missing[start : start + PAGE])
            for listing in self._api.pages(reference.object, reference.columns, wish):
                for row in filter(_is_row, listing.rows):
                    known[row["id"]] = {name: row["fields"].get(name) for name in reference.columns}


def columns(wanted: Wanted) -> tuple[str, ...]:
    """The columns to request, the key among them, each once."""
    key = (wanted.key,) if wanted.key else ()
    return tuple(dict.fromkeys((*wanted.fields, *key, *wanted.references)))


def to_wire(fields: Raw, references: Mapping[str, Reference]) -> Raw:
    """Cells as Airtable takes them: a link is a list of record ids, ``None`` clears."""
    return {
        name: [value["id"]] if name in references and isinstance(value, Mapping) and value.get("id") else value
        for name, value in fields.items()
    }


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and isinstance(row.get("fields"), dict)


def _first(cell: Any) -> str | None:
    """The id that a link cell starts with; a person's link to several keeps the others in Airtable."""
    return cell[0] if isinstance(cell, list) and cell and isinstance(cell[0], str) else None
