"""Looking at single records: by id, by key, and for the proof that one was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.answer import Answer
from connectors.contract import Gone, Record, Stale, Unavailable, Unseen
from connectors.rest import parts
from connectors.rest.api import Api, header, list_of
from connectors.rest.dig import MISSING, dig
from connectors.rest.paging import Turner
from connectors.rest.rows import Rows
from schemas.said import phrase

SCANS = 4
"""How often a list is gone through for one search before the next run has to."""


class Looking:
    """``get`` and ``find`` of one connection; where the system offers neither, its whole list is gone through."""

    def __init__(self, api: Api, rows: Rows) -> None:
        self._api = api
        self._rows = rows
        self._declaration = api.declaration

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        if self._declaration.get is None:
            wanted = set(ids)
            there = {record.id: record for record in self._everything() if record.id in wanted}
            return {id: there.get(id) or self._missing(id) for id in ids}
        return {id: self._one(self._declaration.get, id) for id in ids}

    def raw(self, id: str) -> tuple[Record, Any]:
        """A record and its row, every column of it, for a write that sends all of them back. ``Stale`` when it is not there."""
        assert self._declaration.get is not None
        answer = self._api.ask(self._declaration.get, {"id": id})
        row = self._row(self._declaration.get, answer, id, writes_record=True)
        if self._says_gone(row):
            raise Stale(phrase("Reading record %(id)s: it was deleted.", id=id))
        return self._read(row, id, answer), row

    def version(self, answer: Answer) -> str | None:
        """The ETag of an answer about one record, where that is the version."""
        update = self._declaration.update
        found = header(answer, "etag")
        if found is MISSING or update is None or update.guard != "etag" or self._declaration.record.version is not None:
            return None
        return str(found)

    def find(self, key: str) -> list[Record]:
        column = self._rows.wanted.key
        if column is None:
            return []
        call = self._declaration.find
        if call is None:
            found = self._everything()
        else:
            found = self._searched(call, key, column)
        return [record for record in found if _says(record.fields.get(column), key)]

    def _searched(self, call: parts.Find, key: str, column: str) -> list[Record]:
        place = phrase("Finding a key in %(object)s", object=repr(self._rows.wanted.object))
        listing = self._declaration.list
        body = self._api.said(self._api.ask(call, {"key": key, "column": column}, more=self.selected(call)), place)
        found = list_of(body, listing.records if call.records is None else call.records, place)
        strange = any(not _says(self._rows.key_of(row), key) for row in found)
        if strange and isinstance(listing.paging, parts.Size) and len(found) >= listing.paging.size:
            # What was asked for may stand on the pages that follow.
            raise Unavailable(
                phrase(
                    "%(place)s: the answer is a page of all records, so the search in [find] is not heeded.",
                    place=place,
                )
            )
        return [self._read(row, None, None) for row in found if not self._says_gone(row)]

    def selected(self, call: parts.Call) -> dict[str, Any]:
        """The parameter that names the columns, so that others are not sent."""
        select = self._declaration.list.select
        if select is None or select.param in call.params:
            return {}
        names = list(dict.fromkeys((*self._rows.columns, *select.always)))
        return {select.param: names if select.repeat or call.body is not None else select.separator.join(names)}

    def turner(self, call: parts.List, place: str, more: dict[str, Any]) -> Turner:
        return Turner(self._api, call, place, self._rows.id_of, {**self.selected(call), **more})

    def _everything(self) -> list[Record]:
        """All records, for a search among them. A list that is not known to be whole is read until two readings show the
        same: what is missed for a moment would be created once more."""
        place = phrase("Going through %(object)s", object=repr(self._rows.wanted.object))
        before: set[str] | None = None
        for _ in range(SCANS):
            sheets = list(self.turner(self._declaration.list, place, {}).sheets())
            rows = [row for sheet in sheets for row in sheet.rows]
            found = {
                record.id: record
                for row in rows
                if not self._says_gone(row)
                for record in [self._read(row, None, None)]
            }
            if sheets[-1].whole or found.keys() == before:
                return list(found.values())
            before = set(found)
        raise Unavailable(
            phrase(
                "%(place)s: it shows other records each time that it is read. The next run tries again.", place=place
            )
        )

    def _one(self, call: parts.Get, id: str) -> Record | Gone | Unseen:
        if id in ("", ".", ".."):
            return Unseen(id, phrase("This is no id."))
        means = self._declaration.errors
        select = self._declaration.list.select
        more = self.selected(call) if select is not None and select.single else {}
        answer = self._api.ask(call, {"id": id}, more=more)
        if answer.status in means.missing:  # of a proxy in between as well, so it proves nothing
            return self._missing(id)
        if answer.ok and _empty(answer, call.record):
            return self._missing(id)
        row = self._row(call, answer, id)
        return Gone(id) if self._says_gone(row) else self._read(row, id, answer)

    def _says_gone(self, row: Any) -> bool:
        """Where tombstones are asked for by [gone], what is shown otherwise is there, whatever its columns say."""
        return self._declaration.gone is None and self._rows.is_gone(row)

    def _missing(self, id: str) -> Gone | Unseen:
        """Not there. Deleted, if the system has a tombstone of it."""
        unseen = Unseen(
            id,
            phrase(
                "%(title)s does not show it: deleted, or out of these credentials' sight.",
                title=self._declaration.title,
            ),
        )
        call = self._declaration.gone
        if call is None:
            return unseen
        place = phrase("Looking for the tombstone of %(id)s", id=id)
        body = self._api.said(self._api.ask(call, {"id": id}), place)
        records = self._declaration.list.records if call.records is None else call.records
        for row in list_of(body, records, place):
            if self._rows.id_of(row) == id and self._rows.is_gone(row):
                return Gone(id)
        return unseen

    def _row(self, call: parts.Get, answer: Answer, id: str, writes_record: bool = False) -> Any:
        place = phrase("Reading record %(id)s", id=id)
        row = dig(self._api.said(answer, place, writes_record), call.record)
        if self._rows.id_of(row) != id:
            raise Unavailable(
                phrase(
                    "%(place)s: the answer is about %(what)s.",
                    place=place,
                    what=self._rows.id_of(row) or phrase("no record"),
                )
            )
        return row

    def _read(self, row: Any, id: str | None, answer: Answer | None) -> Record:
        record = self._rows.record(row, self.version(answer) if answer is not None else None)
        if record is None:  # it may be the very one that was asked for, and "not there" leads to a second one
            raise Unavailable(
                phrase(
                    "%(title)s answered a row that is no record when asked for %(id)s.",
                    title=self._declaration.title,
                    id=id,
                )
                if id
                else phrase("%(title)s answered a row that is no record.", title=self._declaration.title)
            )
        return record


def _empty(answer: Answer, where: str) -> bool:
    """Whether the record is looked for as the first of a list, and the list is there and empty."""
    outer, _, last = where.rpartition(".")
    return last == "0" and dig(answer.peek(), outer) == []


def _says(cell: Any, key: str) -> bool:
    return cell is not None and not isinstance(cell, bool) and str(cell) == key
