"""One object of one Salesforce org, through the REST API and SOQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from connectors.contract import (
    Ambiguous,
    Budget,
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Raw,
    Record,
    Settings,
    Unseen,
    Wanted,
)
from connectors.salesforce import batches, soql
from connectors.salesforce.changes import changes
from connectors.salesforce.check import steps
from connectors.salesforce.describe import describe, described
from connectors.salesforce.limits import unheld
from connectors.salesforce.reading import PAGE, listing
from connectors.salesforce.records import body, record
from connectors.salesforce.rows import Rows
from connectors.salesforce.session import Session
from connectors.salesforce.writing import Guard, Writer, made
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.transport import Transport

EDITS = {"each": 25, "composite": 4 * batches.REQUESTS, "none": batches.RECORDS}
"""Edits that are begun together: as many as surely end before somebody else may take the work over."""


class Salesforce(Connector):
    """Reads lists by ``queryAll``; writes new records together, and edits as ``guard`` says."""

    def __init__(self, settings: Settings, wanted: Wanted, transport: Transport) -> None:
        self.wanted = wanted
        self.session = Session(settings, transport)
        guard = _guard(settings)
        self.rows = Rows(self.session, wanted, settings.get("record_type"))
        self.writer = Writer(self.rows, guard)
        self._described: dict[str, Any] | None = None
        self.capabilities = Capabilities(
            feed="timestamp",
            granularity=1.0,
            tombstones="feed",
            guard="none" if guard == "none" else "second",
            upsert=wanted.key is not None,
            key="text" if wanted.key else "none",
            page=PAGE,
            batch=batches.RECORDS,
            batch_edits=EDITS[guard],
            normalises=(
                phrase("blank text is null"),
                phrase("several choices in the picklist's order"),
                phrase("decimals to the field's scale"),
            ),
            references=True,
        )

    def budget(self) -> Budget | None:
        """The org's API calls of 24 hours, from ``Sforce-Limit-Info``."""
        return self.session.budget

    def check(self) -> list[Check]:
        return steps(self.rows)

    def describe(self) -> list[Field]:
        """The object's fields, and those of its part under the names that a mapping gives them."""
        own, part = describe(self.session, self.wanted.object), self.rows.part
        if part is None:
            return own
        of_part = describe(self.session, part.object)
        return own + [replace(each, name=part.named(each.name), required=False) for each in of_part]

    def changes(self, since: str | None) -> Iterator[Page]:
        return changes(self.rows, since)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return self.rows.get(ids)

    def find(self, key: str) -> list[Record]:
        return self.rows.find(key)

    def refuses(self, column: str, value: Any) -> str | None:
        """By the object's description, asked for once where there is something to write."""
        if self._described is None:
            self._described = self._fields_by_name()
        return unheld(self._described[column], value) if column in self._described else None

    def _fields_by_name(self) -> dict[str, Any]:
        part = self.rows.part
        try:
            fields = described(self.session, self.wanted.object)["fields"]
            if part is not None:
                of_part = described(self.session, part.object)["fields"]
                fields = fields + [item | {"name": part.named(str(item["name"]))} for item in of_part]
        except ConnectorError:
            return {}  # the write itself says what is wrong
        return {str(item["name"]): item for item in fields}

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        outcomes = self._read_back(self.writer.create(drafts))
        ids = [outcome.id for outcome in outcomes]
        return [
            self._mixed_up(outcome.id) if outcome.id and not self._is_of(draft, outcome, ids) else outcome
            for draft, outcome in zip(drafts, outcomes, strict=True)
        ]

    def _is_of(self, draft: Draft, outcome: Outcome, ids: Sequence[str | None]) -> bool:
        """An answer that got mixed up on its way names a record with another key."""
        if self.wanted.key is None or outcome.record is None:
            return ids.count(outcome.id) == 1
        # Case is not heeded, as in Salesforce's external ids.
        return str(outcome.record.fields.get(self.wanted.key)).casefold() == draft.key.casefold()

    def _mixed_up(self, id: str) -> Outcome:
        return Outcome(
            error=Ambiguous(
                phrase(
                    "Creating a %(object)s: Salesforce named %(id)s, which is another one.",
                    object=self.wanted.object,
                    id=id,
                )
            )
        )

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return self._read_back(self.writer.update(edits))

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return self.writer.delete(ids)

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        where = soql.all_equal(equals)
        if object == "User":
            where = f"{where} AND IsActive = true"  # an inactive user can own nothing
        query = soql.select(soql.columns(columns, {}), object, where, "ORDER BY CreatedDate, Id LIMIT 200")
        return [
            record(row, columns, {}, self.session.instance or "")
            for page in listing(self.session, "query", query, object)
            for row in page.rows
        ]

    def add(self, object: str, fields: Raw) -> Outcome:
        try:
            answer = self.writer.write("POST", self.session.data(f"sobjects/{soql.name(object)}"), body(fields))
            return Outcome(id=made(answer, f"Creating a {object}"))
        except ConnectorError as error:
            return Outcome(error=error)

    def close(self) -> None:
        """The transport is the hub's to close; the token goes with this object."""

    def _read_back(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The records as they stand after the writes, by one query for 200; without them if it fails, for the hub to read."""
        ids = [outcome.id for outcome in outcomes if outcome.id]
        try:
            now = self.get(ids) if ids else {}
        except ConnectorError:
            return outcomes
        return [
            Outcome(id=found.id, record=found) if isinstance(found := now.get(outcome.id or ""), Record) else outcome
            for outcome in outcomes
        ]


def _guard(settings: Settings) -> Guard:
    given = settings.get("guard") or "each"
    known: dict[Any, Guard] = {name: name for name in get_args(Guard)}
    if given not in known:
        raise Invalid(phrase("guard is %(given)s. Say one of %(known)s.", given=repr(given), known=", ".join(known)))
    return known[given]
