"""One table of one Airtable base.

Airtable has no change feed without webhooks, no version token and no proof of deletion: a change is
found by a full scan, a guarded write is the hub's read-compare-write, and a record that cannot be
seen is ``Unseen``, for Airtable answers 403 to the deleted and to the forbidden alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from connectors.airtable import checks, errors, formula, rows, schema
from connectors.airtable.api import BATCH, PAGE, Api
from connectors.contract import (
    Ambiguous,
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Raw,
    Record,
    Secret,
    Settings,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Transport
from schemas.said import phrase

URL = "https://api.airtable.com/v0"
PAGE_FOR_PEOPLE = "https://airtable.com/{base}/{table}/{id}"


def open_table(settings: Settings, wanted: Wanted, transport: Transport) -> AirtableTable:
    """``Invalid`` when an option is missing; nothing is called yet."""
    for name in ("base", "token"):
        if not settings.get(name):
            raise Invalid(
                phrase(
                    "Connection %(connection)s lacks the option %(name)s.",
                    connection=repr(settings.connection),
                    name=repr(name),
                ),
                (name,),
            )
    url, token = str(settings.get("url") or URL), settings.get("token")
    secret = token if isinstance(token, Secret) else Secret(str(token))
    page = settings.get("page")
    if not page and urlsplit(url).hostname == "api.airtable.com" and wanted.object.startswith("tbl"):
        page = PAGE_FOR_PEOPLE
    return AirtableTable(Api(transport, url, str(settings.get("base")), secret), wanted, page or None)


class AirtableTable(Connector):
    """See ``contract.Connector``. Without a key column it creates plainly, with one it upserts on it."""

    def __init__(self, api: Api, wanted: Wanted, page: str | None = None) -> None:
        self._api = api
        self._wanted = wanted
        self._page = page
        self._columns = rows.columns(wanted)
        self.capabilities = Capabilities(
            feed="full_scan",
            tombstones="none",
            guard="none",
            upsert=wanted.key is not None,
            key="text" if wanted.key else "none",
            page=PAGE,
            batch=BATCH,
            rates=api.rates,
            normalises=(phrase("blank text, empty lists and unticked boxes become absent"),),
            references=True,
        )

    # --- looking

    def check(self) -> list[Check]:
        return checks.run(self._api, self._wanted)

    def describe(self) -> list[Field]:
        table = schema.named(schema.tables(self._api), self._wanted.object)
        if table is None:
            raise Invalid(
                phrase("Base %(base)s has no table %(object)s.", base=self._api.base, object=repr(self._wanted.object))
            )
        return list(table.fields)

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        reader = self._reader()
        all_named = True
        for listing in self._api.pages(self._wanted.object, self._columns):
            records, refused = reader.read(listing.rows)
            all_named = all_named and not refused
            yield Page(tuple(records), refused=tuple(refused), complete=listing.last and all_named)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        found: dict[str, Record | Gone | Unseen] = {
            id: Unseen(id, phrase("Airtable does not show it: deleted, or out of this token's sight.")) for id in ids
        }
        wishes = [id for id in found if formula.RECORD_ID.fullmatch(id)]
        reader = self._reader()
        for chunk in _chunks(wishes, PAGE):
            for record in self._search(self._wanted.object, self._columns, formula.one_of(chunk), reader.read):
                found[record.id] = record
        return found

    def find(self, key: str) -> list[Record]:
        column = self._wanted.key
        if column is None:
            return []
        wish = formula.equal({column: key})
        found = self._search(self._wanted.object, self._columns, wish, self._reader().read)
        return [record for record in found if record.fields.get(column) == key]

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        if not equals:
            return []
        reader = rows.Reader(self._api, Wanted(object, tuple(dict.fromkeys((*columns, *equals)))), None)
        found = self._search(object, tuple(dict.fromkeys((*columns, *equals))), formula.equal(equals), reader.read)
        return [
            Record(record.id, {name: record.fields.get(name) for name in columns})
            for record in found
            if all(record.fields.get(name) == value for name, value in equals.items())
        ]

    # --- writing

    def refuses(self, column: str, value: Any) -> str | None:
        if isinstance(value, str) and len(value) > rows.LONGEST:
            return phrase(
                "An Airtable cell holds %(longest)s characters; this text has %(count)s.",
                longest=rows.LONGEST,
                count=len(value),
            )
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            digits = f"{Decimal(value):f}".replace(".", "").strip("-0")
            if len(digits) > rows.DIGITS:
                return phrase(
                    "Airtable keeps %(digits)s digits of a number; %(value)s has more.",
                    digits=rows.DIGITS,
                    value=f"{value:f}",
                )
        return None

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        records = [{"fields": self._to_wire(draft.fields)} for draft in drafts]
        if self._wanted.key is None:
            return self._write("POST", records, {})
        return self._write("PATCH", records, {"performUpsert": {"fieldsToMergeOn": [self._wanted.key]}})

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        # PUT would clear every column that is not sent.
        return self._write("PATCH", [{"id": e.id, "fields": self._to_wire(e.fields)} for e in edits], {})

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return _in_batches(list(ids), self._delete)

    def add(self, object: str, fields: Raw) -> Outcome:
        try:
            body = self._api.call(
                "POST",
                self._api.table(object),
                phrase("Adding to table %(object)s", object=repr(object)),
                json={"fields": fields},
            )
            return Outcome(id=_id_of(body))
        except ConnectorError as error:
            return Outcome(error=error)

    # --- how

    def _reader(self) -> rows.Reader:
        return rows.Reader(self._api, self._wanted, self._page)

    def _to_wire(self, fields: Raw) -> Raw:
        return rows.to_wire(fields, self._wanted.references)

    def _search(
        self, table: str, columns: Sequence[str], wish: str, read: Callable[[Sequence[Any]], tuple[list[Record], Any]]
    ) -> list[Record]:
        found: list[Record] = []
        for listing in self._api.pages(table, columns, wish):
            records, refused = read(listing.rows)
            if refused:  # it may be the very record that was asked for, and "not there" leads to a second one
                raise Unavailable(
                    phrase("Searching table %(table)s: Airtable answered a row that is no record.", table=repr(table))
                )
            found += records
        return found

    def _write(self, method: str, records: list[Raw], how: Raw) -> list[Outcome]:
        def send(batch: list[Raw]) -> list[Outcome]:
            path, place = (
                self._api.table(self._wanted.object),
                phrase("Writing to table %(object)s", object=repr(self._wanted.object)),
            )
            body = self._api.call(method, path, place, json={"records": batch, **how})
            written = body.get("records")
            if not isinstance(written, list) or len(written) != len(batch):
                raise Ambiguous(phrase("%(place)s: Airtable's answer does not list what it wrote.", place=place))
            outcomes = self._outcomes(written)
            if not all(self._is_of(row, sent) for row, sent in zip(written, batch, strict=True)):
                raise Ambiguous(
                    phrase("%(place)s: Airtable's answer is about other records than were sent.", place=place)
                )
            return outcomes

        return _in_batches(records, send)

    def _is_of(self, written: Raw, sent: Raw) -> bool:
        """An answer that got mixed up on its way names other ids, or other keys."""
        if "id" in sent:
            return bool(written["id"] == sent["id"])
        fields, key = written.get("fields"), self._wanted.key
        return key is None or (isinstance(fields, dict) and bool(fields.get(key) == sent["fields"].get(key)))

    def _outcomes(self, written: list[Any]) -> list[Outcome]:
        ids = [_id_of(row) for row in written]
        try:
            records = {record.id: record for record in self._reader().read(written)[0]}
        except ConnectorError:
            records = {}  # written all the same; the hub reads it back
        return [Outcome(id=id, record=records.get(id)) for id in ids]

    def _delete(self, ids: list[str]) -> list[Outcome]:
        place = phrase("Deleting from table %(object)s", object=repr(self._wanted.object))
        path = self._api.table(self._wanted.object)
        answer = self._api.ask("DELETE", path, params=[("records[]", id) for id in ids])
        said = errors.refusal(answer)
        if answer.ok or (len(ids) == 1 and answer.status == 404 and not said.bare):
            return [Outcome(id=id) for id in ids]
        if answer.status == 404 and not said.bare:
            raise Invalid(phrase("%(place)s: one of %(count)s records is not there.", place=place, count=len(ids)))
        raise errors.error(answer, place)


def _in_batches(items: list[Any], send: Callable[[list[Any]], list[Outcome]]) -> list[Outcome]:
    """One outcome an item. After an error that is not about the content the rest is not sent: it would meet the same."""
    outcomes = _until_stopped(_chunks(items, BATCH), send)
    if len(outcomes) < len(items):
        error = outcomes[-1].error
        rest = (
            Unavailable(phrase("Not sent, because of what came before: %(error)s", error=error))
            if isinstance(error, Ambiguous)
            else error
        )
        outcomes += [Outcome(error=rest)] * (len(items) - len(outcomes))
    return outcomes


def _until_stopped(batches: Iterable[list[Any]], send: Callable[[list[Any]], list[Outcome]]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for batch in batches:
        try:
            done = send(batch)
        except Invalid as error:
            # Airtable refuses ten for the fault of one: they go again one by one, each to its own outcome.
            alone = len(batch) == 1
            done = [Outcome(error=error)] if alone else _until_stopped(([item] for item in batch), send)
        except ConnectorError as error:
            return outcomes + [Outcome(error=error)] * len(batch)
        outcomes += done
        if len(done) < len(batch) or (done and _stops(done[-1])):
            return outcomes
    return outcomes


def _stops(outcome: Outcome) -> bool:
    return outcome.error is not None and not isinstance(outcome.error, Invalid)


def _id_of(row: Any) -> str:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise Ambiguous(phrase("Airtable's answer to a write does not say which record it wrote."))
    return str(row["id"])


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
