"""One object of one Salesforce org, through the REST API and SOQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

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
    QuotaSpent,
    RateLimited,
    Raw,
    Record,
    Settings,
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.salesforce import soql
from connectors.salesforce.check import steps
from connectors.salesforce.describe import describe, described
from connectors.salesforce.errors import RowLocked, refusal, said
from connectors.salesforce.feed import OVERLAP, Position, literal, position, stamped
from connectors.salesforce.ids import long_id
from connectors.salesforce.limits import unheld
from connectors.salesforce.reading import Listing, listing
from connectors.salesforce.records import body, http_date, record
from connectors.salesforce.session import Session
from connectors.window import Window

if TYPE_CHECKING:
    from connectors.transport import Answer, Transport

IDS_A_QUERY = 200
"""A request's address and headers may have 16,384 bytes (REST API Developer Guide, "API Limits"); an id takes 27."""

LOCK_TRIES = 3
LOCK_WAIT = 1.0
"""Seconds before a row that somebody else is writing is tried again, doubled each time."""

Item = TypeVar("Item")


class Salesforce(Connector):
    """Reads by ``queryAll``; writes record by record, because only those can be guarded."""

    def __init__(self, settings: Settings, wanted: Wanted, transport: Transport) -> None:
        self.wanted = wanted
        self.transport = transport
        self.session = Session(settings, transport)
        self.chosen = soql.columns(_columns(wanted), wanted.references)
        soql.name(wanted.object)
        self._described: dict[str, Any] | None = None
        self.capabilities = Capabilities(
            feed="timestamp",
            granularity=1.0,
            tombstones="feed",
            guard="second",
            upsert=wanted.key is not None,
            key="text" if wanted.key else "none",
            page=2000,
            batch=25,
            normalises=(
                "blank text is null",
                "several choices in the picklist's order",
                "decimals to the field's scale",
            ),
            references=True,
        )

    def budget(self) -> Budget | None:
        """The org's API calls of 24 hours, from ``Sforce-Limit-Info``."""
        return self.session.budget

    def check(self) -> list[Check]:
        return steps(self.session, self.wanted)

    def describe(self) -> list[Field]:
        return describe(self.session, self.wanted.object)

    def changes(self, since: str | None) -> Iterator[Page]:
        """One list by ``queryAll``, oldest change first; the cursor moves with its last page."""
        now = self.transport.time.now()
        before = position(since, now) if since is not None else None
        window = Window(before.at if before else None, OVERLAP)
        where = window.condition("SystemModstamp", literal(before.at) if before else "")
        query = soql.select(self.chosen, self.wanted.object, where, "ORDER BY SystemModstamp, Id")
        for part in self._list(query):
            records, gone = [], []
            for row in part.rows:
                found = self._record(row)
                window.saw(stamped(found.version or ""))
                if row.get("IsDeleted") is True:
                    gone.append(Gone(found.id))
                else:
                    records.append(found)
            start = window.next(part.last)
            cursor = str(Position(start, now)) if start else None
            yield Page(tuple(records), tuple(gone), cursor=cursor, complete=part.last and before is None)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        full = {id: long_id(id) for id in ids}
        known = list(dict.fromkeys(id for id in full.values() if id))
        seen: dict[str, Record | Gone] = {}
        for start in range(0, len(known), IDS_A_QUERY):
            asked = known[start : start + IDS_A_QUERY]
            for part in self._list(soql.select(self.chosen, self.wanted.object, soql.any_of("Id", asked))):
                for row in part.rows:
                    found = self._record(row)
                    seen[found.id] = Gone(found.id) if row.get("IsDeleted") is True else found
        return {id: self._standing(id, seen.get(long or "")) for id, long in full.items()}

    def _standing(self, id: str, found: Record | Gone | None) -> Record | Gone | Unseen:
        if isinstance(found, Gone):
            return Gone(id)
        if found is not None:
            return found
        if long_id(id) is None:
            return Unseen(id, f"{id!r} is not a Salesforce id.")
        return Unseen(
            id, f"{self.wanted.object} shows no record {id}: emptied from the recycle bin, or not visible to this user."
        )

    def find(self, key: str) -> list[Record]:
        where = soql.all_equal({self._key(): key})
        query = soql.select(self.chosen, self.wanted.object, where, "ORDER BY CreatedDate, Id")
        return [self._record(row) for part in self._list(query, "query") for row in part.rows]

    def refuses(self, column: str, value: Any) -> str | None:
        """By the object's description, asked for once where there is something to write."""
        if self._described is None:
            try:
                found = described(self.session, self.wanted.object)["fields"]
                self._described = {str(item["name"]): item for item in found}
            except ConnectorError:
                self._described = {}  # the write itself says what is wrong
        return unheld(self._described[column], value) if column in self._described else None

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        outcomes = self._read_back(self._each(drafts, self._create))
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
            error=Ambiguous(f"Creating a {self.wanted.object}: Salesforce named {id}, which is another one.")
        )

    def _create(self, draft: Draft) -> str:
        doing = f"Creating a {self.wanted.object}"
        if self.wanted.key is None:
            return self._created(self._write("POST", self._path(), body(draft.fields)), doing)
        # By its key even when it is new: should it be there already, there will not be two.
        fields = {column: value for column, value in draft.fields.items() if column != self.wanted.key}
        answer = self._write("PATCH", self._path(self.wanted.key, draft.key), body(fields))
        if answer.status == 204:  # before v46 an update by key tells no id
            return self._found(draft.key, doing)
        return self._created(answer, doing)

    def _found(self, key: str, doing: str) -> str:
        """The id of what was just written. It was written, so whatever goes wrong from here on is no refusal."""
        try:
            held = self.find(key)
        except ConnectorError as error:
            raise Ambiguous(f"{doing}: it was done, but looking for its id failed. {error}") from None
        if len(held) != 1:
            raise Ambiguous(f"{doing}: it was done, and {len(held)} records carry the key {key!r}.")
        return held[0].id

    def _created(self, answer: Answer, doing: str) -> str:
        if answer.status not in (200, 201):
            raise refusal(answer, doing)
        told = answer.json()
        id = long_id(told["id"]) if isinstance(told, dict) and isinstance(told.get("id"), str) else None
        if id is None:
            raise Ambiguous(f"{doing}: Salesforce answered {answer.status} without an id; it may have happened.")
        return id

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return self._read_back(self._each(edits, self._update))

    def _update(self, edit: Edit) -> str:
        if edit.fields:
            guard = {"If-Unmodified-Since": http_date(edit.expected.version)} if edit.expected.version else {}
            answer = self._write("PATCH", self._path(edit.id), body(edit.fields), guard)
            if _is_not_there(answer):
                raise Stale(f"{self.wanted.object} {edit.id} is deleted or no longer visible to the integration user.")
            _need_done(answer, f"Changing {self.wanted.object} {edit.id}")
        return edit.id

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return self._each(ids, self._delete)

    def _delete(self, id: str) -> str:
        answer = self._write("DELETE", self._path(id))
        if not _is_not_there(answer):
            _need_done(answer, f"Deleting {self.wanted.object} {id}")
        return id

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        where = soql.all_equal(equals)
        if object == "User":
            where = f"{where} AND IsActive = true"  # an inactive user can own nothing
        query = soql.select(soql.columns(columns, {}), object, where, "ORDER BY CreatedDate, Id LIMIT 200")
        return [
            record(row, columns, {}, self.session.instance or "")
            for part in self._list(query, "query", object)
            for row in part.rows
        ]

    def add(self, object: str, fields: Raw) -> Outcome:
        try:
            answer = self._write("POST", self.session.data(f"sobjects/{soql.name(object)}"), body(fields))
            return Outcome(id=self._created(answer, f"Creating a {object}"))
        except ConnectorError as error:
            return Outcome(error=error)

    def close(self) -> None:
        """The transport is the hub's to close; the token goes with this object."""

    def _list(self, query: str, resource: str = "queryAll", object: str | None = None) -> Iterator[Listing]:
        return listing(self.session, resource, query, f"Reading {object or self.wanted.object}")

    def _record(self, row: Raw) -> Record:
        return record(row, _columns(self.wanted), self.wanted.references, self.session.instance or "")

    def _key(self) -> str:
        if self.wanted.key is None:
            raise Invalid(f'No key field is set for {self.wanted.object}: set key = "Commons_Id__c" in the mapping.')
        return self.wanted.key

    def _path(self, *parts: str) -> str:
        return self.session.data("/".join(["sobjects", self.wanted.object, *(quote(part, safe="") for part in parts)]))

    def _write(self, method: str, path: str, json: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One write. A row that somebody else is writing was not touched, so it is tried again a little later."""
        wait = LOCK_WAIT
        for left in range(LOCK_TRIES - 1, -1, -1):
            answer = self.session.call(method, path, json=json, headers=headers, repeatable=method == "DELETE")
            if not left or answer.status < 400 or not isinstance(refusal(answer, path), RowLocked):
                break
            self.transport.time.sleep(wait)
            wait *= 2
        return answer

    def _each(self, items: Sequence[Item], send: Callable[[Item], str]) -> list[Outcome]:
        """One outcome an item. What concerns the whole org stops the rest unsent, and is raised if it came first."""
        outcomes: list[Outcome] = []
        stop: ConnectorError | None = None
        for item in items:
            if stop is None:
                try:
                    outcomes.append(Outcome(id=send(item)))
                    continue
                except ConnectorError as error:
                    if isinstance(error, SignInFailed | QuotaSpent | RateLimited | Unavailable):
                        stop = None if isinstance(error, RowLocked) else error
                    if stop and not outcomes:
                        raise
                    outcomes.append(Outcome(error=error))
            else:
                outcomes.append(Outcome(error=stop))
        return outcomes

    def _read_back(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The records as they stand after the writes, by one query; without them if it fails, for the hub to read."""
        ids = [outcome.id for outcome in outcomes if outcome.id]
        try:
            now = self.get(ids) if ids else {}
        except ConnectorError:
            return outcomes
        return [
            Outcome(id=found.id, record=found) if isinstance(found := now.get(outcome.id or ""), Record) else outcome
            for outcome in outcomes
        ]


def _is_not_there(answer: Answer) -> bool:
    """404 in Salesforce's own words: a proxy's 404 says nothing about a record."""
    return answer.status == 404 and any(p.code in ("NOT_FOUND", "ENTITY_IS_DELETED") for p in said(answer))


def _need_done(answer: Answer, doing: str) -> None:
    if answer.ok and answer.status != 204:
        raise Ambiguous(
            f"{doing}: answered {answer.status} with something that is not Salesforce's; it may have happened."
        )
    if answer.status != 204:
        raise refusal(answer, doing)


def _columns(wanted: Wanted) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*wanted.fields, *((wanted.key,) if wanted.key else ()), *wanted.references)))
