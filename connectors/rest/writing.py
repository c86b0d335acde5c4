"""Creating, changing and deleting one record at a time. What was done and cannot be seen to be done is ``Ambiguous``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.answer import Answer
from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Invalid,
    Outcome,
    Raw,
    Record,
    Stale,
    Unavailable,
)
from connectors.rest import parts
from connectors.rest.api import Api, header
from connectors.rest.dig import MISSING, dig
from connectors.rest.looking import Looking
from connectors.rest.rows import Rows
from schemas.said import phrase

NAMESPACE = uuid.UUID("1e0a4f5a-3b7b-4b52-8a3f-6b1f0c6c9d11")


class Writing:
    """Writes of one connection. Errors come as outcomes, one an item."""

    def __init__(self, api: Api, rows: Rows, looking: Looking) -> None:
        self._api = api
        self._rows = rows
        self._looking = looking
        self._declaration = api.declaration

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return _each(drafts, self._create)

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return _each(edits, self._update)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return _each(ids, self._delete)

    # --- a new record

    def _create(self, draft: Draft) -> Outcome:
        call = self._declared(self._declaration.create, "create")
        place = phrase("Creating in %(object)s", object=repr(self._rows.wanted.object))
        # One key, one id: a second create meets the first instead of making a twin.
        id = str(uuid.uuid5(NAMESPACE, draft.key))
        names = {"id": id}
        fields = self._numbered(draft.fields)
        sent = self._api.payload(call, call.wrap, self._rows.to_wire(fields), names)
        guard = {"If-None-Match": "*"} if call.once else None
        answer = self._api.ask(call, names, payload=sent, headers=guard, reads=False)
        if call.once and answer.status == 412:
            return self._met(id, draft, place)
        if not answer.ok:
            raise self._api.error(answer, place)
        if call.id == "location":
            return Outcome(self._from_location(answer, place))
        if call.id == "key" and (answer.status == 204 or not call.answers):
            return self._made(id, draft, place)
        row = dig(self._api.said(answer, place), call.record)
        found = self._rows.id_of(row)
        if found is None or (call.id == "key" and found != id):
            raise Ambiguous(phrase("%(place)s: the answer does not say which record it made.", place=place))
        self._must_carry(row, draft, place)
        return Outcome(found, self._whole(row, answer))

    def _made(self, id: str, draft: Draft, place: str) -> Outcome:
        """Answered with nothing in particular."""
        try:
            there = self._looking.get([id])[id]
        except ConnectorError as error:
            raise Ambiguous(
                phrase("%(place)s: it was sent, and looking at it failed: %(error)s", place=place, error=error)
            ) from None
        if isinstance(there, Record) and _says(there, draft):
            return Outcome(id, there)
        raise Ambiguous(phrase("%(place)s: it was sent, and the record does not say so.", place=place))

    def _met(self, id: str, draft: Draft, place: str) -> Outcome:
        """There is a record under this id: ours, if it still carries the key."""
        there = self._looking.get([id])[id]
        key = self._rows.wanted.key
        if isinstance(there, Record) and key and str(there.fields.get(key)) == draft.key:
            return Outcome(id)
        raise Invalid(
            phrase(
                "%(place)s: record %(id)s was made for key %(key)s and carries another. Put its key back, or "
                "delete it.",
                place=place,
                id=id,
                key=draft.key,
            )
        )

    def _must_carry(self, row: Any, draft: Draft, place: str) -> None:
        """An answer that got mixed up on its way names another key."""
        key = self._rows.key_of(row) if self._rows.wanted.key else None
        if key is not None and key != draft.key:
            raise Ambiguous(phrase("%(place)s: the answer is about the record of another key.", place=place))

    def _from_location(self, answer: Answer, place: str) -> str:
        """The last segment of ``Location`` (RFC 9110, section 10.2.2)."""
        found = header(answer, "location")
        id = str(found).partition("?")[0].rstrip("/").rpartition("/")[2] if found is not MISSING else ""
        if not id:
            raise Ambiguous(phrase("%(place)s: the answer does not say where the new record is.", place=place))
        return id

    # --- a changed one

    def _update(self, edit: Edit) -> Outcome:
        call = self._declared(self._declaration.update, "update")
        place = phrase("Changing record %(id)s", id=edit.id)
        names = {"id": edit.id}
        fields = self._rows.to_wire(self._numbered(edit.fields))
        version = edit.expected.version
        if call.whole or (call.guard != "none" and version is None):
            now, row = self._looking.raw(edit.id)
            _unchanged(now, edit, call)
            version = now.version
            if call.whole:
                fields = _over(dig(row, self._declaration.record.fields), fields)
        if call.guard != "none" and version is None:
            raise Unavailable(
                phrase("%(place)s: the system does not say its version, so it cannot be changed safely.", place=place)
            )
        sent = self._api.payload(call, call.wrap, fields, names)
        if call.guard == "field":
            sent = {**sent, str(call.version_field): _as_number(version)}
        guard = {"If-Match": self._tag(str(version))} if call.guard == "etag" else None
        answer = self._api.ask(call, names, payload=sent, headers=guard, reads=False)
        if not answer.ok:
            raise self._api.error(answer, place, True)
        return self._changed(call, answer, edit, place)

    def _changed(self, call: parts.Update, answer: Answer, edit: Edit, place: str) -> Outcome:
        if answer.status == 204:
            return Outcome(edit.id)
        if not call.answers:
            return self._read_back(edit, place)
        row = dig(self._api.said(answer, place, True), call.record)
        if self._rows.id_of(row) != edit.id:
            raise Ambiguous(
                phrase("%(place)s: the answer is not about this record; it may have happened.", place=place)
            )
        return Outcome(edit.id, self._whole(row, answer))

    def _read_back(self, edit: Edit, place: str) -> Outcome:
        """Where a write is answered with nothing in particular, only a look can tell."""
        try:
            now = self._looking.get([edit.id])[edit.id]
        except ConnectorError as error:
            raise Ambiguous(
                phrase("%(place)s: it was sent, and looking at it failed: %(error)s", place=place, error=error)
            ) from None
        if isinstance(now, Record) and all(now.fields.get(name) == value for name, value in edit.fields.items()):
            return Outcome(edit.id, now)
        raise Ambiguous(phrase("%(place)s: it was sent, and the record does not say so.", place=place))

    # --- and one less

    def _delete(self, id: str) -> Outcome:
        call = self._declared(self._declaration.delete, "delete")
        means = self._declaration.errors
        place = phrase("Deleting record %(id)s", id=id)
        body = self._api.payload(call, "", {}, {"id": id}) if call.body is not None else None
        answer = self._api.ask(call, {"id": id}, payload=body, reads=False)
        if answer.ok or answer.status in means.missing:
            return Outcome(id)
        raise self._api.error(answer, place)

    # --- how

    def _declared(self, call: Any, name: str) -> Any:
        if call is None:
            raise Invalid(
                phrase(
                    "The declaration of %(title)s has no [%(name)s], so the hub cannot do that there.",
                    title=self._declaration.title,
                    name=name,
                )
            )
        return call

    def _whole(self, row: Any, answer: Answer) -> Record | None:
        """The record, where the answer has every wanted column and the version that a next write needs."""
        record = self._rows.record(row, self._looking.version(answer))
        complete = record is not None and record.fields.keys() >= set(self._rows.columns)
        return record if complete else None

    def _numbered(self, fields: Raw) -> Raw:
        key = self._rows.wanted.key
        if self._declaration.record.key == "integer" and key in fields and str(fields[key]).isdecimal():
            return {**fields, key: int(fields[key])}
        return fields

    def _tag(self, version: str) -> str:
        """A version from a row stands in quotes (RFC 9110, section 8.8.3); one from a header has its own."""
        return f'"{version}"' if self._declaration.record.version is not None else version.removeprefix("W/")


def _unchanged(now: Record, edit: Edit, call: parts.Update) -> None:
    """``Stale`` where the record is not as expected."""
    moved = edit.expected.version is not None and now.version != edit.expected.version
    if moved or any(now.fields.get(name) != value for name, value in edit.expected.fields.items()):
        raise Stale(phrase("Changing record %(id)s: it is not as it was read.", id=edit.id))


def _over(there: Any, fields: Mapping[str, Any]) -> Raw:
    """The columns of a whole record with the changed ones in their places."""
    merged = dict(there) if isinstance(there, dict) else {}
    for name, value in fields.items():
        inner = merged.get(name)
        merged[name] = _over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _says(there: Record, draft: Draft) -> bool:
    return all(there.fields.get(name) == value for name, value in draft.fields.items() if name in there.fields)


def _as_number(version: str | None) -> Any:
    return int(version) if version and version.isdecimal() else version


def _each(items: Sequence[Any], write: Callable[[Any], Outcome]) -> list[Outcome]:
    outcomes = []
    for item in items:
        try:
            outcomes.append(write(item))
        except ConnectorError as error:
            outcomes.append(Outcome(error=error))
    return outcomes
