"""The operations of a connector that meet the faults: how each is done, and how its end is judged.

``judge`` raises ``AssertionError`` where the end is one that must never be, and otherwise says which it
is: None when the operation was done and everything about it is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connectors.contract import (
    Ambiguous,
    Connector,
    ConnectorError,
    CursorExpired,
    Draft,
    Edit,
    Gone,
    Outcome,
    QuotaSpent,
    RateLimited,
    Record,
    Unavailable,
    Unseen,
)
from hub.conformance.faults import End, Name
from hub.conformance.stage import Stage
from hub.conformance.subject import DoesNotApply, read

SEVERITY: tuple[End, ...] = ("unharmed", "retried", "incomplete", "refused", "looked up")


class Operation(ABC):
    """``cold``: also done by a connector that has not called its system yet, so that a sign-in is met too."""

    name: ClassVar[Name]
    writes: ClassVar[bool] = False
    cold: ClassVar[bool] = False

    @abstractmethod
    def prepare(self, stage: Stage, connector: Connector) -> Any:
        """What is asked for, read by this connector; ``DoesNotApply`` where it cannot do that."""

    @abstractmethod
    def attempt(self, connector: Connector, asked: Any) -> Any:
        """Do it. May raise ``ConnectorError`` and nothing else."""

    @abstractmethod
    def judge(
        self, stage: Stage, connector: Connector, asked: Any, got: Any, error: ConnectorError | None
    ) -> End | None:
        """``connector`` is one that reaches the system again: the same one, where that can be."""


def end_of(error: ConnectorError) -> End:
    if isinstance(error, Ambiguous):
        return "looked up"
    return "incomplete" if isinstance(error, Unavailable | RateLimited | QuotaSpent | CursorExpired) else "refused"


def _not_ambiguous(error: ConnectorError) -> End:
    assert not isinstance(error, Ambiguous), f"a read is said to have perhaps happened: {error}"
    return end_of(error)


# --- reading


@dataclass
class Scan:
    """What a list has shown so far."""

    records: dict[str, Record] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    refused: list[str | None] = field(default_factory=list)
    cursor: str | None = None
    complete: bool = False


class List(Operation):
    name = "list"

    def prepare(self, stage: Stage, connector: Connector) -> Scan:
        return Scan()

    def attempt(self, connector: Connector, asked: Scan) -> None:
        for page in connector.changes(None):
            asked.records |= {record.id: record for record in page.records}
            asked.gone |= {gone.id for gone in page.gone}
            asked.refused += [row.id for row in page.refused]
            asked.cursor, asked.complete = page.cursor or asked.cursor, page.complete

    def judge(
        self, stage: Stage, connector: Connector, asked: Scan, got: Any, error: ConnectorError | None
    ) -> End | None:
        strangers = asked.records.keys() - stage.known.keys()
        assert not strangers, f"it lists records that are not there: {sorted(strangers)}"
        for id, record in asked.records.items():
            assert stage.is_text(record, stage.known[id]), f"record {id} is listed with another text: {record.fields}"[
                :500
            ]
        deleted = asked.gone & stage.known.keys()
        assert not deleted, f"it lists records as gone that are there: {sorted(deleted)}"
        missing = stage.known.keys() - asked.records.keys() - set(asked.refused)
        assert not (asked.complete and missing), f"a scan called complete does not show {sorted(missing)}"
        if error is None:
            unnamed = sum(id not in stage.known for id in asked.refused)
            assert len(missing) <= unnamed, f"it ended without an error and did not show {sorted(missing)}"
        if asked.cursor is not None:
            later, _, _ = read(connector, asked.cursor)
            assert missing <= later.keys(), f"its cursor has passed {sorted(missing - later.keys())}, never shown"
        if error is not None:
            again, _, _ = read(connector)
            assert again.keys() == stage.known.keys(), "after the fault, another scan does not show every record"
            return _not_ambiguous(error)
        return "refused" if asked.refused else None


class Get(Operation):
    name = "get"

    def prepare(self, stage: Stage, connector: Connector) -> list[str]:
        return list(stage.known)[-2:]

    def attempt(self, connector: Connector, asked: list[str]) -> Any:
        return connector.get(asked)

    def judge(
        self, stage: Stage, connector: Connector, asked: list[str], got: Any, error: ConnectorError | None
    ) -> End | None:
        if error is None:
            assert got.keys() == set(asked), f"asked for {asked}, it answers about {sorted(got)}"
            gone = [id for id, found in got.items() if isinstance(found, Gone)]
            assert not gone, f"it calls records gone that are there: {gone}"
            for id, found in got.items():
                right = isinstance(found, Unseen) or stage.is_text(found, stage.known[id])
                assert right, f"record {id} is another one: {found}"[:500]
            return "refused" if any(isinstance(found, Unseen) for found in got.values()) else None
        for id, record in stage.now(connector, asked).items():
            assert stage.is_text(record, stage.known[id]), f"after the fault, record {id} is another one"
        return _not_ambiguous(error)


class Find(Operation):
    name = "find"
    cold = True

    def prepare(self, stage: Stage, connector: Connector) -> str:
        if connector.capabilities.key == "none":
            raise DoesNotApply("its records hold no key")
        return list(stage.keyed.values())[-1]

    def attempt(self, connector: Connector, asked: str) -> Any:
        return connector.find(asked)

    def judge(
        self, stage: Stage, connector: Connector, asked: str, got: Any, error: ConnectorError | None
    ) -> End | None:
        (id,) = [id for id, key in stage.keyed.items() if key == asked]
        if error is None:
            assert got, f"it finds nothing with the key {asked!r}, so the hub would create the record once more"
            assert [record.id for record in got] == [id], f"it finds other records: {got}"[:500]
            assert stage.is_text(got[0], stage.known[id]), f"it finds the record with another text: {got}"[:500]
            return None
        after = connector.find(asked)
        assert [record.id for record in after] == [id], f"after the fault, find() says {after}"[:500]
        return _not_ambiguous(error)


class Describe(Operation):
    name = "describe"

    def prepare(self, stage: Stage, connector: Connector) -> set[str]:
        subject = stage.subject
        return {subject.text} | ({subject.wanted.key} if subject.wanted.key else set())

    def attempt(self, connector: Connector, asked: set[str]) -> Any:
        return connector.describe()

    def judge(
        self, stage: Stage, connector: Connector, asked: set[str], got: Any, error: ConnectorError | None
    ) -> End | None:
        if error is None:
            lacking = asked - {column.name for column in got}
            assert not lacking, f"it describes the object without {sorted(lacking)}, as if somebody had removed them"
            return None
        assert asked <= {column.name for column in connector.describe()}, "after the fault, columns are lacking"
        return _not_ambiguous(error)


# --- writing


def _items(asked: Sequence[Any], got: Any, error: ConnectorError | None) -> list[Outcome]:
    """One outcome an item; what was raised counts for each."""
    if error is not None:
        return [Outcome(error=error) for _ in asked]
    assert len(got) == len(asked), f"{len(asked)} asked, {len(got)} outcomes"
    for outcome in got:
        assert (outcome.id is None) != (outcome.error is None), f"neither done nor failed, or both: {outcome}"
    return list(got)


def _worst(ends: Sequence[End]) -> End | None:
    worst = max(ends, key=SEVERITY.index)
    return None if worst == "unharmed" else worst


class Create(Operation):
    """Two records at once: of the first nothing may be said that is only true of the second."""

    name = "create"
    writes = cold = True

    def prepare(self, stage: Stage, connector: Connector) -> list[Draft]:
        if not connector.capabilities.writes:
            raise DoesNotApply("it only reads")
        return [
            stage.subject.draft(stage.new_key(), stage.new_text()) for _ in range(min(2, connector.capabilities.batch))
        ]

    def attempt(self, connector: Connector, asked: list[Draft]) -> Any:
        return connector.create(asked)

    def judge(
        self, stage: Stage, connector: Connector, asked: list[Draft], got: Any, error: ConnectorError | None
    ) -> End | None:
        outcomes = _items(asked, got, error)
        ends: list[End] = [self._judged(stage, connector, *pair) for pair in zip(asked, outcomes, strict=True)]
        return _worst(ends)

    def _judged(self, stage: Stage, connector: Connector, draft: Draft, outcome: Outcome) -> End:
        text = draft.fields[stage.subject.text]
        there = stage.holding(connector, draft.key, text)
        try:
            assert len(there) < 2, f"there are {len(there)} records of one draft now: {[r.id for r in there]}"
            if outcome.error is None:
                assert [r.id for r in there] == [outcome.id], f"it says that it created {outcome.id}; there is {there}"
                shown = [there[0], *([outcome.record] if outcome.record else [])]
                assert all(stage.is_text(record, text) for record in shown), f"not as drafted: {shown}"[:500]
                return "unharmed"
            if isinstance(outcome.error, Ambiguous):
                if not there:
                    there = self._created_after_all(stage, connector, draft, text)
                return "looked up"
            assert not there, f"it says that nothing was done, and it was; the hub would do it again: {outcome.error!r}"
            return end_of(outcome.error)
        finally:
            stage.tidy(there)

    def _created_after_all(self, stage: Stage, connector: Connector, draft: Draft, text: str) -> list[Record]:
        """What the hub does when nobody found it."""
        (outcome,) = connector.create([draft])
        there = stage.holding(connector, draft.key, text)
        assert [r.id for r in there] == [outcome.id], (
            f"created once more after looking, there is {there}: {outcome.error}"
        )
        return there


class Update(Operation):
    """Two records at once, each against what it is now."""

    name = "update"
    writes = True

    def prepare(self, stage: Stage, connector: Connector) -> list[Edit]:
        can = connector.capabilities
        if not can.writes:
            raise DoesNotApply("it only reads")
        now = stage.now(connector, stage.edited[: min(2, can.batch)])
        return [Edit(id, {stage.subject.text: stage.new_text()}, record) for id, record in now.items()]

    def attempt(self, connector: Connector, asked: list[Edit]) -> Any:
        return connector.update(asked)

    def judge(
        self, stage: Stage, connector: Connector, asked: list[Edit], got: Any, error: ConnectorError | None
    ) -> End | None:
        outcomes = _items(asked, got, error)
        now = stage.now(connector, [edit.id for edit in asked])
        ends: list[End] = [
            self._judged(stage, edit, outcome, now[edit.id]) for edit, outcome in zip(asked, outcomes, strict=True)
        ]
        return _worst(ends)

    def _judged(self, stage: Stage, edit: Edit, outcome: Outcome, now: Record) -> End:
        old, new = stage.known[edit.id], edit.fields[stage.subject.text]
        done, undone = stage.is_text(now, new), stage.is_text(now, old)
        assert done or undone, f"record {edit.id} is neither as it was nor as it should be: {now.fields}"[:500]
        stage.known[edit.id] = new if done else old
        if stage.subject.wanted.key:
            assert str(now.fields.get(stage.subject.wanted.key)) == stage.keyed[edit.id], (
                f"{edit.id} has lost its key: {now.fields}"[:500]
            )
        if outcome.error is None:
            assert done and outcome.id == edit.id, f"it says that it changed {edit.id}, and did not"
            assert outcome.record is None or stage.is_text(outcome.record, new), f"not as written: {outcome.record}"[
                :500
            ]
            return "unharmed"
        if isinstance(outcome.error, Ambiguous):
            return "looked up"
        assert undone, f"it says that nothing was done, and it was: {outcome.error!r}"
        return end_of(outcome.error)


OPERATIONS: tuple[Operation, ...] = (List(), Get(), Find(), Describe(), Create(), Update())
