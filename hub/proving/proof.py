"""The steps of a proof, in order. The first one that fails ends it; what was made is removed all the same."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sqlalchemy import select

from connectors.contract import Check, Connector, ConnectorError, Edit, Gone, Raw, Record, Stale, Unseen
from hub.app import Hub
from hub.cli.check import checks
from hub.proving.narrow import Scope
from hub.proving.partner import Partner
from hub.store.tables import Conflict
from hub.sync import resolve
from hub.sync.run import sync_all

PARTNER = "proof-partner"
MARK = "Commons Hub proof, delete me"
T = TypeVar("T")
State = Literal["ok", "failed", "does not apply", "not reached"]


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    state: State
    said: str = ""


class Failed(Exception):
    """A step did not come out as it must; the text is for the report."""


class DoesNotApply(Exception):
    """This system or mapping has nothing that the step could try."""


@dataclass
class Proof:
    """``seen``: what the steps observed, by the names that ``connectors.contract.Question.settled_by`` uses; ``left``: ids
    of records that a person has to remove."""

    hub: Hub
    scope: Scope
    partner: Partner
    say: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = self.scope.connection
        self.mapping = self.hub.mapping(self.name)
        self.title = f"{MARK} ({secrets.token_hex(3)})"
        self._lag = 0.0

    def run(self) -> None:
        """Every step; ``KeyboardInterrupt`` counts as a failure, and removal is tried whatever happened."""
        going = True
        for name, step in (
            ("check", self._check),
            ("create, and its answer is lost", self._create),
            ("edit by the partner", self._edit_there),
            ("edit in this system", self._edit_here),
            ("a write that comes too late", self._stale),
            ("both edit: a conflict", self._conflict),
            ("edit, and its answer is lost", self._lost),
            ("nothing to do", self._quiet),
            ("withdraw", self._withdraw),
        ):
            going = self._tried(name, step) if going else self._note(Step(name, "not reached"))
        self._tried("removal", self._remove)

    def _tried(self, name: str, step: Callable[[], str]) -> bool:
        try:
            return self._note(Step(name, "ok", step()))
        except DoesNotApply as why:
            return self._note(Step(name, "does not apply", str(why)))
        except KeyboardInterrupt:
            return self._note(Step(name, "failed", "It was interrupted."))
        except (Failed, ConnectorError) as error:
            return self._note(Step(name, "failed", str(error)))
        except Exception as error:
            return self._note(Step(name, "failed", f"Something in the hub went wrong: {type(error).__name__}: {error}"))

    def _note(self, step: Step) -> bool:
        self.steps.append(step)
        self.say(step)
        return step.state in ("ok", "does not apply")

    # --- the steps

    def _check(self) -> str:
        found: list[Check] = checks(self.hub, self.name)
        failed = [f"{check.name}: {check.detail}" for check in found if not check.ok]
        if failed:
            raise Failed(f"{'; '.join(failed)}. `hub check {self.name}` says what to do. Nothing was written.")
        opened = self.hub.connect(self.name)
        self._can, self._lag = opened.capabilities, opened.capabilities.find_lag
        opened.close()
        if not self._can.writes:
            raise Failed("This connection only reads, so there is nothing to prove. Nothing was written.")
        if not {"title", "summary"} <= {part.path for part in self.mapping.fields if part.writes and part.reads}:
            raise Failed("The mapping has to read and write `title` and `summary`. Nothing was written.")
        self.seen["signed in"] = "signing in and every check of `hub check` passed"
        return f"{len(found)} checks passed."

    def _create(self) -> str:
        self.partner.write(
            Share="Yes",
            Title=self.title,
            Summary="Made by hub prove.",
            Organisation=MARK,
            Amount_requested="1000",
            Currency="USD",
        )
        self.scope.lose = self.mapping.key is not None
        begun = self.hub.time.monotonic()
        self._until(lambda: bool(self.scope.ids) and self._shows("title", self.title), "the record never came to be")
        took = self.hub.time.monotonic() - begun
        key = self.scope.key
        found = self._with(lambda there: there.find(key or "")) if self.mapping.key else []
        if self.mapping.key and len(found) != 1:
            raise Failed(f"{len(found)} records carry the key {key}; it has to be one.")
        self.scope.lose = False
        self._others = self._rest()
        self.seen["created"] = "a record was made as the mapping says, and reads as it was written"
        if not self.scope.lost:
            return "One record was made. It has no answer over a network, or no key, that could be looked up."
        self.seen["found"] = f"a new record was found by its key {took:.0f} seconds after it was written"
        return "The answer was thrown away; the record was found by its key, and it is one record."

    def _edit_there(self) -> str:
        self.partner.write(Title=f"{self.title} 2", Summary="")
        self._until(lambda: self._shows("title", f"{self.title} 2"), "the partner's edit never arrived")
        if not self._shows("summary", None):
            raise Failed("The title arrived; the summary was cleared, and here it still stands.")
        self.seen["blank"] = "a cleared field reads as blank"
        return "The new title arrived, and a cleared text is blank."

    def _edit_here(self) -> str:
        self._before = self._record()
        self.hub.time.sleep(2)  # some versions are a time in whole seconds
        self._type(f"{self.title} 3")
        self._until(lambda: self.partner.cell("Title") == f"{self.title} 3", "the edit was never seen")
        self.seen["listed"] = "an edit made in the system was told by its list of changes"
        return "What was changed here reached the partner."

    def _stale(self) -> str:
        if self._can.guard == "none":
            raise DoesNotApply("The system compares no versions; the hub reads and compares just before it writes.")
        outcome = self._with(lambda there: there.update([self._edit(f"{self.title} late", self._before)])[0])
        if not isinstance(outcome.error, Stale):
            raise Failed(
                "A write that carried an older version was not refused as out of date; do not rely on the guard."
            )
        if not self._shows("title", f"{self.title} 3"):
            raise Failed("A write that carried an older version was refused, and is there all the same.")
        self.seen["guard"] = "a write that carried an older version was refused"
        return "A write that carried an older version was refused."

    def _conflict(self) -> str:
        self._type(f"{self.title} here")
        self.partner.write(Title=f"{self.title} there")
        self._until(lambda: self._open() is not None, "nobody was asked about two edits of one field")
        if not self._shows("title", f"{self.title} here") or self.partner.cell("Title") != f"{self.title} there":
            raise Failed("A conflict was asked about, and one side was written over all the same.")
        conflict = self._open()
        assert conflict is not None
        resolve.resolve(self.hub, conflict.id, conflict.rev, f"{self.title} agreed", "proof")
        self._until(
            lambda: (
                self._shows("title", f"{self.title} agreed") and self.partner.cell("Title") == f"{self.title} agreed"
            ),
            "what was decided did not reach both",
        )
        return "A person was asked, neither side was written over, and the answer reached both."

    def _lost(self) -> str:
        already, writes = self.scope.lost, self.scope.updates
        self.scope.lose = True
        self.partner.write(Title=f"{self.title} 4")
        self._until(lambda: self._shows("title", f"{self.title} 4"), "the edit never arrived")
        self._sync()
        if self.scope.lost == already:
            self.scope.lose = False
            raise DoesNotApply("There is no answer over a network that could be lost.")
        if self.scope.updates - writes > 1:
            raise Failed("The edit was there, and it was written again all the same.")
        return "The answer was thrown away; the edit was found there and not written again."

    def _quiet(self) -> str:
        writes = self.scope.updates
        for _ in range(2):
            self.hub.time.sleep(1)
            self._sync()
        if self.scope.updates != writes:
            raise Failed(f"Nothing changed, and two syncs wrote {self.scope.updates - writes} times.")
        if self._rest() != self._others:
            raise Failed("Only title and summary were edited, and organisation or ask are not what they were.")
        return "Two more syncs wrote nothing, and what nobody edited stands as it stood."

    def _withdraw(self) -> str:
        holds = any(part.path == "status" and part.writes for part in self.mapping.fields)
        if not holds and not self.mapping.withdrawn_columns():
            raise DoesNotApply("The mapping has no column that says so.")
        self.partner.write(Share="")
        self._until(self._says_withdrawn, "the record never said that the project was withdrawn")
        return "The record stays and says that the project was withdrawn."

    def _remove(self) -> str:
        self.scope.lose = False
        ids = sorted(self.scope.ids | {record.id for record in self._doubles()})
        if not ids:
            raise DoesNotApply("Nothing was made.")
        self.scope.ids |= set(ids)
        outcomes = self._with(lambda there: there.delete(ids))
        self.left = [id for id, outcome in zip(ids, outcomes, strict=True) if outcome.error is not None]
        if self.left:
            why = "; ".join(sorted({str(outcome.error) for outcome in outcomes if outcome.error is not None}))
            self.seen["gone"] = ""
            raise DoesNotApply(f"Remove by hand: {', '.join(self.left)} ({MARK} …). {why}")
        answer = self._with(lambda there: there.get(ids[:1])).get(ids[0])
        told = {Gone: "as deleted", Unseen: "as not to be seen, which proves nothing"}.get(
            type(answer), "as still there"
        )
        self.seen["gone"] = f"a deleted record is told {told}"
        creates = self.scope.creates
        self._sync()
        if self.scope.creates != creates:
            raise Failed("The record was removed, and the hub made it anew.")
        return f"The record was removed; asked for, it is told {told}."

    # --- what they are made of

    def _sync(self) -> None:
        for result in sync_all(self.hub, [PARTNER, self.name]):
            if result.state in ("failed", "held"):
                raise Failed(f"{result.connection}: {result.message}")

    def _until(self, there: Callable[[], bool], otherwise: str) -> None:
        """Sync until it is so, as long as a system whose lists lag may need."""
        pause = max(2.0, self._lag / 3)
        for _ in range(12):
            self._sync()
            if there():
                return
            self.hub.time.sleep(pause)
        raise Failed(f"After {12 * pause:.0f} seconds {otherwise}.")

    def _with(self, act: Callable[[Connector], T]) -> T:
        opened = self.hub.connect(self.name)
        try:
            return act(opened)
        finally:
            opened.close()

    def _record(self) -> Record:
        ids = sorted(self.scope.ids)
        if len(ids) != 1:
            raise Failed(f"There are {len(ids)} records of this proof; there has to be one.")
        record = self._with(lambda there: there.get(ids)).get(ids[0])
        if not isinstance(record, Record):
            raise Failed(f"The record {ids[0]} is not shown: {getattr(record, 'reason', 'it is told as deleted')}.")
        return record

    def _raw(self) -> Raw:
        return self.mapping.reduce(self._record().fields)

    def _shows(self, path: str, value: object) -> bool:
        return self.mapping.read(self._raw()).values.get(path) == value

    def _rest(self) -> dict[str, object]:
        """What the partner said in the beginning and never changes."""
        read = self.mapping.read(self._raw()).values
        return {path: read.get(path) for path in ("organization.name", "ask.requested")}

    def _says_withdrawn(self) -> bool:
        return self.mapping.is_withdrawn(self._raw()) or self._shows("status", "withdrawn")

    def _edit(self, title: str, expected: Record) -> Edit:
        raw = {column: expected.fields.get(column) for column in self.mapping.way("title").columns}
        columns = self.mapping.write({"title": title}, raw).columns
        return Edit(expected.id, columns, expected)

    def _type(self, title: str) -> None:
        """What a person of this member's types into the record."""
        outcome = self._with(lambda there: there.update([self._edit(title, self._record())])[0])
        if outcome.error is not None:
            raise Failed(f"The record could not be edited: {outcome.error}")

    def _open(self) -> Conflict | None:
        table = vars(Conflict)["__table__"]
        with self.hub.reading() as conn:
            row = conn.execute(select(table).where(table.c.state == "open")).first()
        return Conflict(**row._mapping) if row is not None else None

    def _doubles(self) -> list[Record]:
        """Records of the proof's key that it does not know, where an answer was lost for good."""
        key = self.scope.key
        if key is None or self.mapping.key is None:
            return []
        return self._with(lambda there: there.find(key))
