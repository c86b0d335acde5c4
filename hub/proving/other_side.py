"""The made-up member who shares the project of a proof: a system of one row, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.contract import (
    Capabilities,
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
    Record,
    Unseen,
    Wanted,
)  # fmt: skip

ROW = "1"
KEY = "Commons ID"
TEXTS = {
    "title": "Title", "summary": "Summary", "need": "Need", "planned_activities": "Activities", "eligibility": "Eligibility",
    "organization.name": "Organisation",
}  # fmt: skip


def tree(kind: str) -> dict[str, Any]:
    """Its mapping."""
    paths = [path for path in TEXTS if kind == "call" or path != "eligibility"]
    fields: dict[str, Any] = {path: TEXTS[path] for path in paths}
    return {
        "system": "proof", "object": "projects", "kind": kind, "key": KEY,
        "share": {"field": "Share", "equals": True}, "fields": fields | {"status": {"field": "Status", "way": "out"}},
    }  # fmt: skip


class OtherSide(Connector):
    """``row`` is what the member's staff sees and edits; nothing of it ever leaves but through the hub."""

    capabilities = Capabilities(key="text")

    def __init__(self, row: dict[str, Any], wanted: Wanted) -> None:
        self.row, self._wanted = row, wanted

    def check(self) -> list[Check]:
        return []

    def describe(self) -> list[Field]:
        return []

    def _record(self) -> Record:
        return Record(ROW, {column: self.row[column] for column in self._wanted.fields if column in self.row})

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        yield Page((self._record(),), complete=True)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return {id: self._record() if id == ROW else Unseen(id, "there is one row") for id in ids}

    def find(self, key: str) -> list[Record]:
        return [self._record()] if self.row.get(KEY) == key else []

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [Outcome(error=Forbidden("There is one row.")) for _ in drafts]

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        for edit in edits:
            self.row.update(edit.fields)
        return [Outcome(edit.id, self._record()) for edit in edits]

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return [Outcome(error=Forbidden("There is one row.")) for _ in ids]
