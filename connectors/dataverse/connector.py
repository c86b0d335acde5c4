"""One table of one Dataverse environment, through the Web API (OData v4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Draft,
    Edit,
    Field,
    Forbidden,
    Gone,
    Invalid,
    Outcome,
    Page,
    Raw,
    Record,
    Settings,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.dataverse import feed
from connectors.dataverse.batch import Operation
from connectors.dataverse.check import steps
from connectors.dataverse.describe import describe
from connectors.dataverse.errors import is_not_there, refusal
from connectors.dataverse.listing import PAGE, answers, every
from connectors.dataverse.metadata import Column, Metadata, Table
from connectors.dataverse.reading import GUID, Reader, columns, plain, row_id
from connectors.dataverse.sending import BATCH, WHOLE, Write, send
from connectors.dataverse.session import Session
from connectors.dataverse.shape import need_shareable
from connectors.dataverse.writing import body, unheld
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.transport import Transport


MOST_FOUND = 200
"""Rows that a search gives: more are of no use to whoever has to choose."""


class Dataverse(Connector):
    """Reads by change tracking; writes row by row in batches, each guarded by the row's etag."""

    def __init__(self, settings: Settings, wanted: Wanted, transport: Transport) -> None:
        for name in (wanted.object, *columns(wanted)):
            need_shareable(name)
        self.wanted = wanted
        self.transport = transport
        self.session = Session(settings, transport)
        self._together = settings.get("feeds_together") is not False
        app = settings.get("app_id")
        opened = f"appid={app}&" if app else ""
        page = f"{self.session.url}/main.aspx?{opened}etn={wanted.object}&pagetype=entityrecord&id="
        self._page = page + "{id}"
        self._metadata = Metadata(self.session)
        self._currencies: dict[tuple[str, str, str], str] = {}
        self.capabilities = Capabilities(
            feed="token",
            tombstones="feed",
            guard="strong",
            upsert=wanted.key is not None,
            key="text" if wanted.key else "none",
            page=PAGE,
            batch=BATCH,
            rates=self.session.rates,
            normalises=(phrase("blank text is null"), phrase("decimals to the column's precision")),
            references=True,
        )

    # --- looking

    def check(self) -> list[Check]:
        return steps(self.session, self.wanted)

    def describe(self) -> list[Field]:
        self._metadata = Metadata(self.session)
        return describe(self._metadata, self.wanted)

    # --- reading

    def changes(self, since: str | None) -> Iterator[Page]:
        if since is None:
            return feed.everything(self._reader())
        links = feed.links_of(since, self.wanted)
        return feed.changed(self.session, self.wanted, links, self._together, self._reader, self.get)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        asked = list(dict.fromkeys(id.lower() for id in ids if GUID.fullmatch(id.lower())))
        found: dict[str, Record | Gone | Unseen] = {}
        if asked:
            found |= {record.id: record for record in self._reader().with_ids(asked)}
            strangers = found.keys() - set(asked)
            if strangers:
                raise Unavailable(
                    phrase(
                        "Reading %(object)s: Dataverse answered with other rows than were asked for.",
                        object=self.wanted.object,
                    )
                )
            found |= self._missing([id for id in asked if id not in found])
        return {id: _under(id, found.get(id.lower())) for id in ids}

    def _missing(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        """What a list does not show is asked for by itself: only then Dataverse says whether it is gone or hidden."""
        if not ids:
            return {}
        reader = self._reader()
        table = reader.shape.table
        doing = phrase("Reading %(name)s", name=table.name)
        found: dict[str, Record | Gone | Unseen] = {}
        paths = [f"{table.set}({id})?{reader.shape.select()}" for id in ids]
        for id, answer in zip(ids, answers(self.session, paths, doing, {}), strict=True):
            if is_not_there(answer):
                found[id] = Gone(id)
            elif answer.status == 200:
                (record,) = reader.records([self.session.object(answer, doing)])
                if record.id != id:
                    raise Unavailable(
                        phrase(
                            "%(doing)s: Dataverse answered with %(other)s where %(id)s was asked for.",
                            doing=doing,
                            other=record.id,
                            id=id,
                        )
                    )
                found[id] = record
            else:
                error = refusal(answer, doing, self.transport.time)
                if not isinstance(error, Forbidden):
                    raise error
                found[id] = Unseen(id, str(error))
        return found

    def find(self, key: str) -> list[Record]:
        if self.wanted.key is None:
            return []
        reader = self._reader()
        return reader.records(self._where(reader.shape.table, reader.shape.select(), {self.wanted.key: key}))

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        table = self._metadata.table(object)
        unknown = [name for name in (*equals, *columns) if name not in table.columns]
        if unknown:
            raise Invalid(
                phrase("%(object)s has no column %(unknown)s of its own.", object=object, unknown=repr(unknown[0])),
                unknown,
            )
        properties = {name: table.columns[name].property for name in columns}
        select = f"$select={','.join(dict.fromkeys((table.id, *properties.values())))}"
        enabled = "%20and%20isdisabled%20eq%20false" if object == "systemuser" else ""  # others can own nothing
        rows = self._where(table, select, equals, f"{enabled}&$top={MOST_FOUND}") if equals else []
        return [
            Record(
                id := row_id(row, table),
                {name: plain(row.get(property)) for name, property in properties.items()},
                url=self._page.replace("{id}", id) if object == self.wanted.object else None,
            )
            for row in rows
        ]

    def _where(self, table: Table, select: str, equals: Mapping[str, str], more: str = "") -> list[Raw]:
        conditions = [_equal(table.columns[column], value) for column, value in equals.items()]
        path = f"{table.set}?{select}&$filter={'%20and%20'.join(conditions)}{more}"
        return every(self.session, [path], phrase("Reading %(name)s", name=table.name))

    def refuses(self, column: str, value: Any) -> str | None:
        """By the table's definition, asked for once where there is something to write."""
        first, _, rest = column.partition(".")
        try:
            known = self._metadata.table(self.wanted.object).columns.get(first)
            if known is None or value is None:
                return None
            if known.lookup and rest:
                self._the_one(self._metadata.table(self.wanted.object).points(first)[0].target, rest, str(value))
                return None
            return unheld(known, self._metadata.choices(self.wanted.object).get(first, ()), value)
        except Invalid as error:
            return str(error)
        except ConnectorError:
            return None  # the write itself says what is wrong

    def _the_one(self, table: str, column: str, value: str) -> str:
        """The row that a value names, like the currency that a code does."""
        asked = (table, column, value)
        if asked not in self._currencies:
            found = self.lookup(table, {column: value}, (column,))
            if len(found) != 1:
                count = phrase("no row") if not found else phrase("%(count)s rows", count=len(found))
                raise Invalid(
                    phrase(
                        "This environment has %(count)s of %(table)s whose %(column)s is %(value)s. Add it in its "
                        "settings.",
                        count=count,
                        table=table,
                        column=column,
                        value=value,
                    )
                )
            self._currencies[asked] = found[0].id
        return self._currencies[asked]

    # --- writing

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return self._write([self._creation(draft) for draft in drafts])

    def _creation(self, draft: Draft) -> Write | ConnectorError:
        try:
            reader = self._reader()
            table, key = reader.shape.table, self.wanted.key
            fields = self._body(table, {name: value for name, value in draft.fields.items() if name != key})
        except Invalid as error:
            return error
        select = reader.shape.select()
        if key is None:
            return Write(Operation("POST", f"{table.set}?{select}", fields, WHOLE))
        # By its key even when it is new: should it be there already, there will not be two.
        address = f"{table.set}({key}={_quoted(draft.key)})?{select}"
        return Write(Operation("PATCH", address, fields, WHOLE), key=(key, draft.key))

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return self._write([self._change(edit) for edit in edits])

    def _change(self, edit: Edit) -> Write | ConnectorError:
        """Without ``If-Match`` a PATCH would create the row anew where somebody deleted it."""
        try:
            reader = self._reader()
            fields = self._body(reader.shape.table, edit.fields)
        except Invalid as error:
            return error
        address = f"{reader.shape.table.set}({quote(edit.id, safe='')})?{reader.shape.select()}"
        guard = {"If-Match": edit.expected.version or "*"}
        return Write(Operation("PATCH", address, fields, WHOLE | guard), id=edit.id)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        table = self._metadata.table(self.wanted.object)
        writes = [Write(Operation("DELETE", f"{table.set}({quote(id, safe='')})"), id=id) for id in ids]
        return send(self.session, table, writes).outcomes

    def add(self, object: str, fields: Raw) -> Outcome:
        try:
            table = self._metadata.table(object)
            write = Write(Operation("POST", f"{table.set}?$select={table.id}", self._body(table, fields), WHOLE))
            return send(self.session, table, [write]).outcomes[0]
        except ConnectorError as error:
            return Outcome(error=error)

    # --- how

    def _reader(self) -> Reader:
        return Reader(self.session, self._metadata, self.wanted, self._page)

    def _body(self, table: Table, fields: Raw) -> Raw:
        return body(self._metadata, table, fields, self.wanted.references, self._the_one)

    def _write(self, writes: Sequence[Write | ConnectorError]) -> list[Outcome]:
        """With the records as the answers show them, where these carry all that is wanted: not so what other rows hold."""
        reader = self._reader()
        sent = send(self.session, reader.shape.table, writes)
        if sent.rows and not reader.shape.targets and not reader.shape.parts:
            records = reader.records(list(sent.rows.values()))
            for at, record in zip(sent.rows, records, strict=True):
                sent.outcomes[at] = Outcome(id=record.id, record=record)
        return sent.outcomes


def _under(id: str, found: Record | Gone | Unseen | None) -> Record | Gone | Unseen:
    if isinstance(found, Gone):
        return Gone(id)
    return found if found is not None else Unseen(id, phrase("%(id)s is not the id of a Dataverse row.", id=repr(id)))


def _equal(column: Column, value: str) -> str:
    """A condition of a filter; an id stands there bare."""
    if not column.lookup and column.type != "Uniqueidentifier":
        return f"{column.property}%20eq%20{_quoted(value)}"
    if not GUID.fullmatch(value.lower()):
        raise Invalid(phrase("%(value)s is not the id of a Dataverse row.", value=repr(value)), (column.name,))
    return f"{column.property}%20eq%20{value}"


def _quoted(text: str) -> str:
    """A text literal in an address (OData URL Conventions, 5.1.1.14)."""
    return "'" + quote(text.replace("'", "''"), safe="") + "'"
