"""A grants system in memory, for tests of the engine: keeps rows, counts calls, misbehaves when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Draft,
    Edit,
    Field,
    Gone,
    Outcome,
    Page,
    Record,
    Stale,
    Unseen,
    Wanted,
)


@dataclass
class Memory:
    """The system itself. ``rows`` by id; ``keep`` changes what is stored the way a normalising system would.

    ``stale``: rows that its listing shows as they were, whatever is there by now.

    ``proves``: it says that a record is gone, where others only do not show it. ``feed``: it tells what
    changed since a cursor; here, only the rows in ``changed`` and deletions, which in turn a whole list does not tell.
    """

    key: str | None = "Commons ID"
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: dict[str, list[Record]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    can: Capabilities = field(default_factory=lambda: Capabilities(batch=10, page=100, upsert=True, references=True))
    keep: Callable[[str, Any], Any] = lambda column, value: value
    fault: dict[str, list[Any]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    number: int = 0
    proves: bool = False
    feed: bool = False
    changed: list[str] = field(default_factory=list)
    stale: dict[str, dict[str, Any]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)

    def add(self, **fields: Any) -> str:
        self.number += 1
        id = f"r{self.number:05}"
        self.rows[id] = {column.replace("_", " "): value for column, value in fields.items()}
        return id

    def writes(self) -> int:
        return sum(call in ("create", "update", "delete", "add") for call in self.calls)

    def hit(self, call: str, when: str) -> None:
        """Raise what a test has planted for this call, before or after it took effect, or do it where it is a
        function; None lets one pass."""
        planted = self.fault.get(f"{call}:{when}")
        error = planted.pop(0) if planted else None
        if callable(error):
            error()
        elif error is not None:
            raise error


class MemoryConnector(Connector):
    def __init__(self, system: Memory, wanted: Wanted) -> None:
        self.system, self.wanted = system, wanted
        self.capabilities = system.can

    def _record(self, id: str, row: dict[str, Any] | None = None) -> Record:
        row = row or self.system.rows[id]
        return Record(id, {c: row[c] for c in self.wanted.fields if c in row}, version=str(hash(repr(row))))

    def check(self) -> list[Check]:
        return []

    def describe(self) -> list[Field]:
        self.system.calls.append("describe")
        return [Field(name, type) for name, type in self.system.columns.items()]

    def changes(self, since: str | None) -> Iterator[Page]:
        there = self.system.rows | self.system.stale
        ids = self.system.changed if self.system.feed and since is not None else sorted(there)
        size = self.capabilities.page
        for start in range(0, max(len(ids), 1), size):
            self.system.calls.append("list")
            self.system.hit("list", "before")
            last = start + size >= len(ids)
            gone = tuple(Gone(i) for i in self.system.deleted) if last and (since or not self.system.feed) else ()
            records = tuple(self._record(i, there[i]) for i in ids[start : start + size])
            yield Page(records, gone, cursor="read" if self.system.feed and last else None, complete=last)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        self.system.calls.append("get")
        self.system.hit("get", "before")
        gone = [Gone(i) if self.system.proves else Unseen(i, "not there") for i in ids]
        return {i: self._record(i) if i in self.system.rows else away for i, away in zip(ids, gone, strict=True)}

    def find(self, key: str) -> list[Record]:
        self.system.calls.append("find")
        return [self._record(i) for i, row in self.system.rows.items() if row.get(self.wanted.key or "") == key]

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        self.system.calls.append("create")
        self.system.hit("create", "before")
        outcomes = []
        for draft in drafts:
            there = [i for i, row in self.system.rows.items() if row.get(self.wanted.key or "") == draft.key]
            id = there[0] if there and self.capabilities.upsert else self.system.add()
            self._store(id, draft.fields)
            outcomes.append(Outcome(id))
        self.system.hit("create", "after")
        return outcomes

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        self.system.calls.append("update")
        self.system.hit("update", "before")
        outcomes = [self._update(edit) for edit in edits]
        if self.system.fault.get("update:twice") and self.system.fault["update:twice"].pop(0):
            outcomes = [self._update(edit) for edit in edits]
        self.system.hit("update", "after")
        return outcomes

    def _update(self, edit: Edit) -> Outcome:
        if edit.id not in self.system.rows:
            return Outcome(error=Stale("not there"))
        if self.capabilities.guard == "strong" and edit.expected.version != self._record(edit.id).version:
            return Outcome(error=Stale("changed meanwhile"))
        self._store(edit.id, edit.fields)
        return Outcome(edit.id)

    def _store(self, id: str, fields: dict[str, Any]) -> None:
        row = self.system.rows[id]
        for column, value in fields.items():
            if isinstance(value, dict):
                target = next(r for rs in self.system.others.values() for r in rs if r.id == value["id"])
                value = {"id": target.id, **target.fields}
            row[column] = self.system.keep(column, value)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        self.system.calls.append("delete")
        return [Outcome(i) for i in ids if self.system.rows.pop(i, None) is not None]

    def lookup(self, object: str, equals: Any, columns: Sequence[str]) -> list[Record]:
        self.system.calls.append("lookup")
        self.system.hit("lookup", "before")
        own = [self._record(i) for i in self.system.rows] if object == self.wanted.object else []
        rows = self.system.others.get(object, own)
        return [r for r in rows if all(r.fields.get(c) == v for c, v in equals.items())]

    def add(self, object: str, fields: dict[str, Any]) -> Outcome:
        self.system.calls.append("add")
        record = Record(f"{object}-{len(self.system.others.get(object, [])) + 1}", dict(fields))
        self.system.others.setdefault(object, []).append(record)
        self.system.hit("add", "after")
        return Outcome(record.id, record)


__all__ = ["ConnectorError", "Memory", "MemoryConnector"]
