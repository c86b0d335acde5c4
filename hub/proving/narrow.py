"""A hub whose connection under proof knows and changes one record only, and can lose the answer to a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from connectors.answer import Answer
from connectors.contract import (
    Ambiguous,
    Budget,
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
    Raw,
    Record,
    Unseen,
)
from connectors.transport import Transport
from hub.app import Hub


@dataclass
class Scope:
    """What the proof may touch, and what it did. ``key`` is the one opportunity's id, ``None`` before there is one; ``ids``
    are of records that the proof made. ``lose``: throw the next write's answer away; ``lost`` counts those."""

    connection: str
    key: str | None = None
    column: str | None = None
    ids: set[str] = field(default_factory=set)
    creates: int = 0
    updates: int = 0
    lose: bool = False
    lost: int = 0

    def covers(self, record: Record) -> bool:
        """Whether this record is the proof's own; one whose answer was lost is known by its key."""
        return record.id in self.ids or (
            None not in (self.key, self.column) and str(record.fields.get(self.column or "")) == self.key
        )


class LosingTransport(Transport):
    """Does what it is asked, and where the scope says so behaves as if the answer to a write had never come."""

    def __init__(self, scope: Scope, **settings: Any) -> None:
        super().__init__(**settings)
        self._scope = scope

    def _exchange(self, request: Any, rules: Any) -> Answer:
        answer = super()._exchange(request, rules)
        if self._scope.lose and request.wrote:
            self._scope.lose, self._scope.lost = False, self._scope.lost + 1
            raise Ambiguous(f"{request.shown}: the answer to a write was thrown away for the proof.")
        return answer


class ProofHub(Hub):
    """Opens the connection under proof narrowed to ``scope``, every other as it is."""

    def __init__(self, scope: Scope, *what: Any, **seams: Any) -> None:
        super().__init__(*what, transport=partial(LosingTransport, scope), **seams)
        self.scope = scope

    def connect(self, connection: str, patience: float | None = None) -> Connector:
        opened = super().connect(connection, patience)
        return Narrowed(opened, self.scope) if connection == self.scope.connection else opened


class Narrowed(Connector):
    """``Invalid`` for whatever is not the proof's record; of lists only that record is left."""

    def __init__(self, whole: Connector, scope: Scope) -> None:
        self._whole, self._scope = whole, scope
        self.capabilities = whole.capabilities

    def check(self) -> list[Check]:
        return self._whole.check()

    def describe(self) -> list[Field]:
        return self._whole.describe()

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        for page in self._whole.changes(since):
            own = tuple(record for record in page.records if self._scope.covers(record))
            gone = tuple(each for each in page.gone if each.id in self._scope.ids)
            yield replace(page, records=own, gone=gone, refused=())

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return self._whole.get([id for id in ids if id in self._scope.ids])

    def find(self, key: str) -> list[Record]:
        found = self._whole.find(key) if key == self._scope.key else []
        self._scope.ids |= {
            record.id for record in found
        }  # the proof's own, though the answer to their creation was lost
        return found

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        if len(drafts) != 1 or self._scope.ids:
            return [Outcome(error=Invalid("A proof makes one record, and it is there already.")) for _ in drafts]
        keyed = drafts[0].fields.get(self._scope.column) if self._scope.column else None
        self._scope.key, self._scope.creates = str(keyed or drafts[0].key), self._scope.creates + 1
        return self._noted(self._whole.create(drafts))

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        if any(edit.id not in self._scope.ids for edit in edits):
            return [Outcome(error=Invalid("A proof changes its own record only.")) for _ in edits]
        self._scope.updates += len(edits)
        return self._whole.update(edits)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        if any(id not in self._scope.ids for id in ids):
            return [Outcome(error=Invalid("A proof removes its own record only.")) for _ in ids]
        return self._whole.delete(ids)

    def refuses(self, column: str, value: Any) -> str | None:
        return self._whole.refuses(column, value)

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        return []  # nobody else's organisation or record has a part in this

    def add(self, object: str, fields: Raw) -> Outcome:
        return Outcome(error=Invalid("A proof makes one record and nothing that it points at."))

    def budget(self) -> Budget | None:
        return self._whole.budget()

    def close(self) -> None:
        self._whole.close()

    def _noted(self, outcomes: list[Outcome]) -> list[Outcome]:
        self._scope.ids |= {outcome.id for outcome in outcomes if outcome.id is not None}
        return outcomes
