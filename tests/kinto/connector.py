"""A connector for Kinto's records, to try the engine on a two-way system that others wrote.

Source: docs.kinto-storage.org (API 1.x). What the manual leaves out was found by asking the server:

- ``_fields`` leaves ``deleted`` out unless it is named, and a tombstone then reads like an emptied record;
- any client may put ``deleted: true`` into a live record, so that word alone proves nothing: a record is gone
  when the list without ``_since`` has no such id and the list with it has its tombstone;
- ``last_modified`` alone does not order a list: imported records may share one, and a page that ends between
  the two would skip the second. Hence the sort by id as well.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.answer import Answer
from connectors.contract import (
    Ambiguous,
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Cursor,
    CursorExpired,
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
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Transport

NOBODY = "0"
"""The cursor before the first change."""

MISSING_RECORD = 110
"""Kinto's errno for a record that is not there, in a collection that is."""

NAMESPACE = uuid.UUID("7f1f9c5e-6d0a-4f5c-9d57-0d2b5a1c7e11")


class Kinto(Connector):
    """One collection. Options: ``url`` (with its version), ``bucket``, ``user``, ``password``, ``page``."""

    def __init__(self, settings: Settings, wanted: Wanted, transport: Transport) -> None:
        self._transport = transport
        self._wanted = wanted
        self._collection = f"{settings.get('url')}/buckets/{settings.get('bucket')}/collections/{wanted.object}"
        who = f"{settings.get('user')}:{settings.get('password').reveal()}".encode()
        self._headers = {"Authorization": f"Basic {base64.b64encode(who).decode()}"}
        page = int(settings.get("page", 100))
        self.capabilities = Capabilities(feed="token", tombstones="feed", guard="strong", page=page, batch=5)

    def close(self) -> None:
        self._transport.close()

    # --- looking around

    def check(self) -> list[Check]:
        steps: list[tuple[str, Callable[[], str], str]] = [
            ("read", self._may_read, "Look at the address, the account and what the account may read."),
            ("columns", self._has_columns, "Name the columns in the collection's schema."),
        ]
        found = []
        for name, look, fix in steps:
            try:
                found.append(Check(name, True, look()))
            except ConnectorError as error:
                found.append(Check(name, False, str(error), fix))
                break
        return found

    def _may_read(self) -> str:
        self._rows({"_limit": 1}, "Reading one record")
        return f"{self._collection} answers."

    def _has_columns(self) -> str:
        lacking = set(self._wanted.fields) - {column.name for column in self.describe()}
        if lacking:
            raise Invalid(f"The collection's schema has no {', '.join(sorted(lacking))}.", sorted(lacking))
        return f"All {len(self._wanted.fields)} columns are there."

    def describe(self) -> list[Field]:
        place = f"Describing {self._wanted.object!r}"
        answer = self._call("GET", self._collection)
        if not answer.ok:
            raise _error(answer, place)
        schema = answer.json()["data"].get("schema", {})
        required = schema.get("required", [])
        return [
            Field(name, str(part.get("type", "any")), required=name in required)
            for name, part in schema.get("properties", {}).items()
        ]

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        if since is not None and not since.isdigit():
            raise CursorExpired(f"{since!r} is no moment of Kinto's.")
        wish: Raw = {"_since": since or NOBODY, "_sort": "last_modified,id", "_limit": self.capabilities.page}
        last = int(since or NOBODY)
        for rows, timestamp, final in self._pages(wish, "Listing changes"):
            if timestamp < int(since or NOBODY):
                raise CursorExpired(
                    "The collection is older than the position in it: it was put back to an earlier day."
                )
            flagged = [row["id"] for row in rows if row.get("deleted") is True]
            looked = self.get(flagged)
            records = [self._record(row) for row in rows if row["id"] not in looked]
            records += [found for found in looked.values() if isinstance(found, Record)]
            gone = tuple(found for found in looked.values() if isinstance(found, Gone))
            last = max([last, *(row["last_modified"] for row in rows)])
            cursor = str(last) if final and last else None
            yield Page(tuple(records), gone, cursor=cursor, complete=final and since is None)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        found: dict[str, Record | Gone | Unseen] = {
            id: Unseen(id, "Kinto has neither this record nor its tombstone, or does not show it.") for id in ids
        }
        found |= {row["id"]: self._record(row) for row in self._listed(ids, {})}
        rest = [id for id, answer in found.items() if isinstance(answer, Unseen)]
        tombs = [row["id"] for row in self._listed(rest, {"_since": NOBODY}) if row.get("deleted") is True]
        return found | {id: Gone(id) for id in tombs}

    def find(self, key: str) -> list[Record]:
        # Quoted, or Kinto would read the key 007 as a number.
        wish = {f"eq_{self._wanted.key}": json.dumps(key)}
        return [self._record(row) for rows, _, _ in self._pages(wish, "Finding a key") for row in rows]

    def _listed(self, ids: Sequence[str], more: Raw) -> list[Raw]:
        if not ids:
            return []
        wish = {"in_id": ",".join(json.dumps(id) for id in ids)} | more
        return [row for rows, _, _ in self._pages(wish, "Looking records up") for row in rows]

    def _pages(self, wish: Raw, place: str) -> Iterator[tuple[list[Raw], int, bool]]:
        """Rows, the collection's timestamp, and whether no page follows."""
        rows, timestamp, following = self._rows(wish, place)
        seen: set[str] = set()
        while following and following not in seen:
            yield rows, timestamp, False
            seen.add(following)
            rows, timestamp, following = self._rows(None, place, following)
        if following:
            raise Unavailable(f"{place}: Kinto's pages go round in a circle; nothing can be said of the rest.")
        yield rows, timestamp, True

    def _rows(self, wish: Raw | None, place: str, url: str | None = None) -> tuple[list[Raw], int, str | None]:
        params = None if wish is None else wish | {"_fields": ",".join((*self._wanted.fields, "deleted"))}
        answer = self._call("GET", url or f"{self._collection}/records", params=params)
        if not answer.ok:
            raise _error(answer, place)
        rows = answer.json().get("data")
        timestamp = answer.headers.get("etag", "").strip('"')
        if not isinstance(rows, list) or not timestamp.isdigit():
            raise Unavailable(f"{place}: the answer has no list of records, or no timestamp.")
        return rows, int(timestamp), answer.headers.get("next-page")

    def _record(self, row: Raw) -> Record:
        fields = {name: row[name] for name in self._wanted.fields if name in row}
        return Record(row["id"], fields, version=str(row["last_modified"]))

    # --- writing

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [_one(self._create, draft) for draft in drafts]

    def _create(self, draft: Draft) -> Outcome:
        # One key, one id: a second create meets the first instead of making a twin.
        id = str(uuid.uuid5(NAMESPACE, draft.key))
        answer = self._call("PUT", self._address(id), json={"data": draft.fields}, headers={"If-None-Match": "*"})
        if answer.status != 412:
            return self._written(answer, "Creating a record")
        key = _existing(answer).get(self._wanted.key or "")
        if key != draft.key:
            raise Invalid(
                f"Record {id} was made for key {draft.key} and carries {key!r}. Put its key back, or delete it."
            )
        return Outcome(id)

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return [_one(self._update, edit) for edit in edits]

    def _update(self, edit: Edit) -> Outcome:
        # PUT would drop every column that is not sent.
        guard = {"If-Match": f'"{edit.expected.version}"'}
        answer = self._call("PATCH", self._address(edit.id), json={"data": edit.fields}, headers=guard)
        return self._written(answer, "Changing a record")

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return [_one(self._delete, id) for id in ids]

    def _delete(self, id: str) -> Outcome:
        answer = self._call("DELETE", self._address(id))
        if answer.ok or (answer.status == 404 and _errno(answer) == MISSING_RECORD):
            return Outcome(id)
        raise _error(answer, "Deleting a record")

    def _written(self, answer: Answer, place: str) -> Outcome:
        if not answer.ok:
            raise _error(answer, place)
        row = answer.json()["data"]
        return Outcome(row["id"], self._record(row))

    def _address(self, id: str) -> str:
        return f"{self._collection}/records/{id}"

    def _call(self, method: str, url: str, **how: Any) -> Answer:
        headers = self._headers | how.pop("headers", {})
        return self._transport.call(method, url, headers=headers, **how)


def _one(write: Callable[[Any], Outcome], item: Any) -> Outcome:
    try:
        return write(item)
    except ConnectorError as error:
        return Outcome(error=error)


def _errno(answer: Answer) -> int | None:
    body = answer.peek()
    return body.get("errno") if isinstance(body, dict) else None


def _existing(answer: Answer) -> Raw:
    """The record that was in the way of a guarded write."""
    body = answer.peek()
    details = body.get("details") if isinstance(body, dict) else None
    existing = details.get("existing") if isinstance(details, dict) else None
    return existing if isinstance(existing, dict) else {}


def _error(answer: Answer, place: str) -> ConnectorError:
    body = answer.peek()
    said = body if isinstance(body, dict) else {}
    words = f"{place}: Kinto answered {answer.status} {said.get('message') or said.get('error') or 'without a reason'}"
    if answer.status == 401:
        return SignInFailed(f"{words} The account or its password is wrong.")
    if answer.status == 412 or _errno(answer) == MISSING_RECORD:
        return Stale(f"{words}. It is not as it was read.")
    if answer.status in (403, 404):
        return Forbidden(f"{words} The account may not, or there is no such bucket or collection.")
    if 400 <= answer.status < 500:
        details = said.get("details")
        names = [part.get("name") for part in details if part.get("name")] if isinstance(details, list) else []
        return Invalid(words, names)
    return Ambiguous(f"{words}; it may have happened.") if answer.wrote else Unavailable(f"{words}. Try again later.")
