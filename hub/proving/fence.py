"""A connector that lets a proof see and touch its one record, and nothing else of the system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.contract import (
    Ambiguous,
    Budget,
    Check,
    Connector,
    Cursor,
    Draft,
    Edit,
    Field,
    Forbidden,
    Gone,
    Outcome,
    Page,
    Raw,
    Record,
    Unseen,
)  # fmt: skip
from hub.proving.tap import Watch


@dataclass
class Ours:
    """The one record of a proof, as far as it is known: its key once the hub chose one, its ids once the system told
    them. More than one id means that it was made twice. ``attempts``: how often its creation was asked for."""

    column: str | None
    key: str | None = None
    ids: dict[str, str | None] = field(default_factory=dict)
    attempts: int = 0

    def met(self, record: Record) -> bool:
        """Whether it is ours; if so, its id is known from now on."""
        told = record.fields.get(self.column or "")
        ours = record.id in self.ids or (self.key is not None and told is not None and str(told) == self.key)
        if ours:
            self.ids[record.id] = record.url or self.ids.get(record.id)
        return ours


class Fence(Connector):
    """Reads of other records are dropped at once, writes to them are refused before anything is sent. Where there is no
    wire to lose an answer on (a file), the answer to a whole call is lost here."""

    def __init__(self, inner: Connector, ours: Ours, watch: Watch) -> None:
        self.inner, self.ours, self.watch = inner, ours, watch
        self.capabilities = inner.capabilities

    def check(self) -> list[Check]:
        return self.inner.check()

    def describe(self) -> list[Field]:
        return self.inner.describe()

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        for page in self.inner.changes(since):
            records = tuple(record for record in page.records if self.ours.met(record))
            gone = tuple(one for one in page.gone if one.id in self.ours.ids)
            refused = tuple(one for one in page.refused if one.id in self.ours.ids)
            yield replace(page, records=records, gone=gone, refused=refused)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        own = [id for id in ids if id in self.ours.ids]
        others: dict[str, Record | Gone | Unseen] = {i: Unseen(i, "not of this proof") for i in ids if i not in own}
        return (self.inner.get(own) if own else {}) | others

    def find(self, key: str) -> list[Record]:
        return [record for record in self.inner.find(key) if self.ours.met(record)] if key == self.ours.key else []

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        if len(drafts) != 1 or self.ours.key not in (None, drafts[0].key):
            raise Forbidden("A proof makes one record, and was asked for another.")
        self.ours.key = drafts[0].key
        self.ours.attempts += 1
        losing, outcomes = self.watch.losing, self.inner.create(drafts)
        for outcome in outcomes:
            if outcome.id is not None:
                self.ours.ids.setdefault(outcome.id, outcome.record.url if outcome.record else None)
        return self._answer(outcomes) if losing else outcomes

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        self._own([edit.id for edit in edits])
        losing, outcomes = self.watch.losing, self.inner.update(edits)
        return self._answer(outcomes) if losing else outcomes

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        self._own(ids)
        return self.inner.delete(ids)

    def refuses(self, column: str, value: Any) -> str | None:
        return self.inner.refuses(column, value)

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        return self.inner.lookup(object, equals, columns)

    def add(self, object: str, fields: Raw) -> Outcome:
        return Outcome(error=Forbidden(f"A proof adds nothing to {object}."))

    def budget(self) -> Budget | None:
        return self.inner.budget()

    def close(self) -> None:
        self.inner.close()

    def _own(self, ids: Sequence[str]) -> None:
        if other := [id for id in ids if id not in self.ours.ids]:
            raise Forbidden(f"A proof touches its own record only, and was asked to write to {len(other)} other.")

    def _answer(self, outcomes: list[Outcome]) -> list[Outcome]:
        """No call went by whose answer could get lost: then these are."""
        if not self.watch.losing or any(outcome.error for outcome in outcomes):
            return outcomes
        self.watch.lose()
        return [Outcome(error=Ambiguous("The proof let this answer get lost.")) for _ in outcomes]
