"""The connector: a tab as a system that has no change feed, no versions, and rows that move when people sort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.contract import (
    ABSENT,
    Capabilities,
    Check,
    Connector,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Record,
    Refused,
    Secret,
    Settings,
    Unseen,
    Wanted,
)
from connectors.google_sheets import check, table, values
from connectors.google_sheets.api import Api
from connectors.google_sheets.sign_in import TOKEN_URL, account
from connectors.google_sheets.table import Header, Look, Moved, Place, Row
from connectors.google_sheets.writing import Writer, shared
from connectors.transport import Transport
from schemas.said import phrase

URL = "https://sheets.googleapis.com/v4/spreadsheets"
PAGE_FOR_PEOPLE = "https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"
PAGE = 500
BATCH = 100
"""Rows of one write; each is a few single cells."""


def open_sheet(settings: Settings, wanted: Wanted, transport: Transport) -> GoogleSheet:
    """``Invalid`` when an option is missing or cannot be; nothing is called yet."""
    for name in ("spreadsheet", "key"):
        if not settings.get(name):
            raise Invalid(
                phrase(
                    "Connection %(connection)s lacks the option %(name)s.",
                    connection=repr(settings.connection),
                    name=repr(name),
                ),
                (name,),
            )
    top = settings.get("header", 1)
    if isinstance(top, bool) or not isinstance(top, int) or top < 1:
        raise Invalid(
            phrase(
                "The option header is %(top)s. Give the number of the row that names the columns, like 1.",
                top=repr(top),
            ),
            ("header",),
        )
    id = str(settings.get("id") or wanted.key or "")
    if not id:
        raise Invalid(phrase('Nothing tells the rows apart. Name a column in the option id, like id = "No.".'), ("id",))
    key, url = settings.get("key"), str(settings.get("url") or URL)
    writes = bool(settings.get("writable", True))
    who = account(key if isinstance(key, Secret) else Secret(str(key)))
    token_url = str(settings.get("token_url") or TOKEN_URL)
    api = Api(transport, url, token_url, str(settings.get("spreadsheet")), who, writes=writes)
    page = PAGE_FOR_PEOPLE if urlsplit(url).hostname == urlsplit(URL).hostname else None
    place = Place(str(settings.get("sheet") or wanted.object), top)
    return GoogleSheet(api, place, wanted, id, complete=bool(settings.get("complete", False)), writes=writes, page=page)


class GoogleSheet(Connector):
    """See ``contract.Connector``. Rows are known by the ``id`` column, else by the key column, and located anew at
    every call."""

    def __init__(
        self, api: Api, place: Place, wanted: Wanted, id: str, *, complete: bool, writes: bool, page: str | None
    ) -> None:
        self._api = api
        self._place = place
        self._wanted = wanted
        self._id = id
        self._complete = complete
        self._url = page.replace("{spreadsheet}", api.spreadsheet) if page else None
        self._columns = tuple(dict.fromkeys((id, *([wanted.key] if wanted.key else []), *wanted.fields)))
        self._header: Header | None = None
        self._writer = Writer(api, self._look, self._look_anew, wanted, self._record)
        self.capabilities = Capabilities(
            writes=writes,
            feed="full_scan",
            guard="none",
            upsert=bool(wanted.key),
            key="text" if wanted.key else "none",
            page=PAGE,
            batch=BATCH,
            rates=api.rates,
            normalises=(phrase("blank text becomes absent"), phrase("numbers keep 15 digits")),
        )

    # --- looking

    def check(self) -> list[Check]:
        return check.run(self._api, self._place, self._wanted, self._id, writes=self.capabilities.writes)

    def describe(self) -> list[Field]:
        """Every named column, and every wanted one that is not there: it reads as blank, and a write adds it."""
        names = table.header(self._api, self._place).columns
        there = [Field(name, "any") for name in names]
        return there + [Field(name, ABSENT) for name in self._wanted.fields if name not in names]

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """The whole tab as of one moment, unless nothing in it changed since. A tab that is declared complete is always
        shown: only a second look can tell that a row is gone."""
        look = self._look_anew()
        state = look.state()
        if since == state and not self._complete:
            yield Page(cursor=state)
            return
        read = [self._read(look, row) for row in look.rows]
        all_named = all(isinstance(each, Record) for each in read)
        for start in range(0, max(len(read), 1), PAGE):
            part = read[start : start + PAGE]
            last = start + PAGE >= len(read)
            yield Page(
                tuple(each for each in part if isinstance(each, Record)),
                refused=tuple(each for each in part if isinstance(each, Refused)),
                cursor=state if last else None,
                complete=last and self._complete and all_named,
            )

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        """Gone only where the tab holds everything and each of its rows says which one it is."""
        look = self._look()
        read = [self._read(look, row) for row in look.rows]
        found: dict[str, Record | Gone | Unseen] = {each.id: each for each in read if isinstance(each, Record)}
        proves = self._complete and len(found) == len(read)
        for id in ids:
            rows = look.ids.get(id, ())
            if len(rows) > 1:
                found[id] = Unseen(id, shared(id, look, rows))
            elif rows and id not in found:
                found[id] = Unseen(id, rows[0].error)
        missing = phrase("No row of tab %(tab)s has this id.", tab=repr(self._place.tab))
        return {id: found.get(id) or (Gone(id) if proves else Unseen(id, missing)) for id in ids}

    def find(self, key: str) -> list[Record]:
        """Rows that share their id as well: somebody has to see that there are two."""
        if not self._wanted.key:
            return []
        look = self._look()
        return [self._record(look, row) for row in look.having(self._wanted.key).get(key, ())]

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        """Rows of this tab; there is no other object that a row could point at."""
        if object != self._wanted.object:
            return super().lookup(object, equals, columns)
        rows = [row for row in self._look().rows if not row.error and row.cells.get(self._id) is not None]
        found = [row for row in rows if all(values.text(row.cells.get(c)) == v for c, v in equals.items())]
        return [Record(values.text(row.cells[self._id]), {c: row.cells.get(c) for c in columns}) for row in found]

    # --- writing

    def refuses(self, column: str, value: Any) -> str | None:
        return values.unheld(value)

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return self._writer.create(drafts)

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return self._writer.update(edits)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        """Never: the values API takes no row away, and a row that moved meanwhile would be somebody else's."""
        error = Invalid(
            phrase("The hub deletes no row of a Google sheet. Delete it in tab %(tab)s.", tab=repr(self._place.tab))
        )
        return [Outcome(error=error) for _ in ids]

    # --- how

    def _look(self) -> Look:
        """One read where the columns are still where they were, else three."""
        if self._header is not None:
            try:
                return self._look_by(self._header)
            except (Moved, Invalid):
                self._header = None
        self._header = table.header(self._api, self._place)
        return self._look_by(self._header)

    def _look_anew(self) -> Look:
        """With the columns that somebody has added meanwhile."""
        self._header = None
        return self._look()

    def _look_by(self, header: Header) -> Look:
        # A key column may be added; an id column that is not there any more was renamed.
        if self._id == self._wanted.key and self._id not in header.columns:
            return Look(self._place, header, (), self._id)
        return table.look(self._api, header, self._place, self._id, self._columns)

    def _read(self, look: Look, row: Row) -> Record | Refused:
        place = self._place.row(row.number)
        id = values.text(row.cells.get(self._id))
        fields = {c: row.cells[c] for c in self._wanted.fields if c in row.cells}
        if row.error:
            return Refused(id or None, place, phrase("%(place)s: %(error)s", place=place, error=row.error), fields)
        if not id:
            return Refused(
                None, place, phrase("%(place)s: it has no %(id)s. Give it one.", place=place, id=repr(self._id)), fields
            )
        rows = look.ids[id]
        if len(rows) > 1:
            return Refused(f"{id} ({place})", place, shared(id, look, rows), fields)
        return self._record(look, row)

    def _record(self, look: Look, row: Row) -> Record:
        fields = {c: row.cells.get(c) for c in self._wanted.fields if c in look.header.columns}
        return Record(values.text(row.cells.get(self._id)), fields, url=self._url)
