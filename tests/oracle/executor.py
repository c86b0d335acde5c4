"""Carries decisions out on plain dicts: pull, push, resolve. No store, no connector, no clock.

It follows ``hub.sync.apply`` and ``hub.sync.push`` in what a decision does to values, bases, conflicts and
suggestions; every decision is shown to the oracle before it is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hub.sync.matching import Match, Unlinked, match
from hub.sync.reconcile import Action, Decision, Reconciled, Standing, digest, reconcile
from schemas.fields import spec
from tests.oracle.situations import met
from tests.oracle.state import IDS, Case, Edits, Held, Judge, Linked, Open, Party, Scope, Shared, Tie, Wish
from tests.oracle.systems import GUARDS, PATHS, Raw, System
from tests.oracle.writes import Ledger, Write, blank


@dataclass(slots=True)
class Commons:
    """The hub of a story. ``edits`` by connection; ``ranks`` by path."""

    systems: dict[str, System]
    edits: dict[str, Edits]
    importing: frozenset[str]
    ledger: Ledger
    judge: Judge
    ranks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shared: dict[str, Shared] = field(default_factory=dict)
    ties: dict[tuple[str, str], Tie] = field(default_factory=dict)
    open: dict[tuple[str, Scope], Open] = field(default_factory=dict)
    wishes: dict[tuple[str, str, str], Wish] = field(default_factory=dict)
    aside: set[tuple[str, str, str]] = field(default_factory=set)
    closed: set[tuple[str, Scope]] = field(default_factory=set)
    writes: int = 0
    decided: int = 0

    # --- looking ---

    def tie_of(self, connection: str, opportunity: str) -> Tie | None:
        mine = [t for t in self.ties.values() if (t.connection, t.opportunity) == (connection, opportunity)]
        return mine[0] if mine else None

    def scope(self, path: str, member: str) -> Scope:
        return path, member if spec(path).authority == "member" else ""

    def held(self, shared: Shared, path: str, member: str) -> Held:
        return shared.held.setdefault(self.scope(path, member), Held(Write(0, None)))

    def view(self, shared: Shared, member: str) -> dict[str, Any]:
        """What a member sees of an opportunity."""
        mine = {path: h.write.value for (path, whose), h in shared.held.items() if whose in ("", member)}
        return mine | {"status": shared.status}

    def standing(self, system: System, tie: Tie, shared: Shared) -> Standing:
        paths = system.paths
        return Standing(
            connection=system.name,
            steward=shared.steward_id == system.member,
            edits=self.edits[system.name],
            frozen=frozenset(p for p in paths if (shared.id, self.scope(p, system.member)) in self.open),
            differs=frozenset(tie.differs),
            remapped=tie.digest != system.mapping.digest,
            ranks=self.ranks,
            origins={p: self.held(shared, p, system.member).origin for p in paths},
        )

    def may_change(self, standing: Standing, path: str) -> bool:
        return spec(path).authority == "member" or standing.steward or standing.edits == "accept"

    # --- in ---

    def pull(self, name: str) -> None:
        system = self.systems[name]
        for id in system.tombstones:
            tie = self.ties.get((name, id))
            if tie is not None and tie.state == "linked":
                self._gone(system, tie, self.shared[tie.opportunity])
        system.tombstones = []
        for id, row in list(system.rows.items()):
            self.read(system, id, row.fields, row.says, row.version)

    def _gone(self, system: System, tie: Tie, shared: Shared) -> None:
        """An importer stops following; the steward is asked. Nothing happens anywhere else (I10, I24)."""
        tie.state, tie.asked = "stopped", shared.steward_id == system.member
        now = self.view(shared, system.member)
        edited = any(said_differently(now.get(path), value) for path, value in tie.agreed_on.items())
        met("delete against edit" if edited else "delete")

    def read(self, system: System, id: str, fields: Raw, says: dict[str, Write], version: int) -> None:
        """One record of a page."""
        raw = system.mapping.reduce(fields)
        tie = self.ties.get((system.name, id))
        if tie is None:
            tie = self._unlinked(system, id, raw, says)  # decided at once where it was shared
        elif tie.state == "stopped" and tie.asked and id in system.rows:
            tie.state = "linked"
            met("recreated from the bin")
        if tie is None or tie.state == "stopped":
            return
        tie.version = version
        if tie.base == raw and tie.digest == system.mapping.digest:
            return
        self._apply(system, tie, raw, says)

    def _unlinked(self, system: System, id: str, raw: Raw, says: dict[str, Write]) -> Tie | None:
        key = raw["Key"] or ""
        shared = self.shared.get(key)
        known = self.tie_of(system.name, key)
        record = Unlinked(key, system.mapping.audience(raw), True)
        steward: Any = shared  # the real ones are rows of tables; decisions look at the same attributes
        link: Any = known and Linked(known.remote_id, known.state)
        found = match(record, steward, link, system.member, {})
        self.judge.matched(record, shared, known, system.member, found)
        if found in (Match.NEW, Match.RECREATE):
            free = [one for one in IDS if one not in self.shared]
            if found is Match.RECREATE or free:
                shared = Shared(key or free[0], system.member, "published", record.audience or "all")
                self.shared[shared.id] = shared
                return self._first_shared(system, shared, id, raw, says)
        if found is Match.REPLACES and known is not None:
            del self.ties[system.name, known.remote_id]
        if found in (Match.JOIN, Match.REPLACES) and shared is not None:
            return self._tie(system, shared, id)
        if found in (Match.SECOND, Match.STRANGER):
            self.aside.add((system.name, id, ""))
        return None

    def _tie(self, system: System, shared: Shared, id: str) -> Tie:
        self.decided += 1
        self.ties[system.name, id] = Tie(system.name, shared.id, id)
        return self.ties[system.name, id]

    def _first_shared(self, system: System, shared: Shared, id: str, raw: Raw, says: dict[str, Write]) -> Tie:
        tie = self._tie(system, shared, id)
        values = system.mapping.read(raw).values
        for path in system.paths:
            if path in values and path != "status" and path in says:
                origin = None if blank(values[path]) else system.name
                shared.held[self.scope(path, system.member)] = Held(says[path], origin)
        unread = {column for path in system.paths if path not in values for column in self._columns(system, path, raw)}
        tie.base = {column: value for column, value in raw.items() if column not in unread}
        tie.digest = system.mapping.digest
        for path in system.paths:
            if path in values and system.way(path) == "both":
                self._agree(tie, system, shared, path)
            elif path not in values:
                self.aside.add((system.name, id, path))
        return tie

    def decide(self, case: Case) -> Reconciled:
        view = self.view(case.shared, case.system.member)
        tie = case.tie
        result = reconcile(case.system.mapping, case.raw, tie.base, tie.sent, view, case.standing, tie.agreed)
        self.judge.decided(case, result)
        return result

    def _apply(self, system: System, tie: Tie, raw: Raw, says: dict[str, Write]) -> None:
        shared = self.shared[tie.opportunity]
        standing = self.standing(system, tie, shared)
        result = self.decide(Case(system, tie, shared, raw, says, standing, True))
        self.aside -= {(system.name, tie.remote_id, path) for path in system.paths}
        decisions = {d.path: self._by_itself(shared, system, d) for d in result.decisions}
        for path, decision in decisions.items():
            self._carry_out(system, tie, shared, raw, says, standing, path, decision)
        self._share(system, tie, shared, raw)
        self._move_base(system, tie, shared, raw, decisions, result)
        waits = {Action.FROZEN, Action.UNREADABLE}
        if self.hidden(shared, system):
            waits.add(Action.PUSH)
        still = {p for p, d in decisions.items() if d.action is Action.AGREE and not said_differently(d.theirs, d.base)}
        counted = [f"{path} {d.action}" for path, d in decisions.items() if d.action not in waits and path not in still]
        if counted:
            self.ledger.tell("    decided", system.name, tie.remote_id, *counted)
        self.decided += len(counted)

    @staticmethod
    def hidden(shared: Shared, system: System) -> bool:
        return shared.audience == "member:none" and shared.steward_id != system.member

    def _carry_out(
        self, system: System, tie: Tie, shared: Shared, raw: Raw, says: dict[str, Write], standing: Standing,
        path: str, decision: Decision,
    ) -> None:  # fmt: skip
        held, theirs = self.held(shared, path, system.member), says[path]
        if decision.action is Action.TAKE:
            merged = spec(path).merge == "set"
            write = self.ledger.write(decision.value, held.write, theirs, by="merge") if merged else theirs
            seen_by_text_only = held.write is not write and held.write not in write.knew
            if not merged and (seen_by_text_only or said_differently(write.value, decision.value)):
                write = self.ledger.write(decision.value, held.write, theirs, by="hub")
            self.ledger.record(*((held.write,) if path in self.ranks else ()))
            shared.held[self.scope(path, system.member)] = Held(write, system.name)
        elif decision.action is Action.AGREE:
            held.write = self.ledger.write(held.write.value, held.write, theirs, by="agreed")
            ranks = self.ranks.get(path, ())
            if held.origin in ranks and system.name in ranks and self.may_change(standing, path):
                # Two said the same: the better word of the two stands behind it, whoever came first (I6).
                held.origin = min(system.name, str(held.origin), key=ranks.index)
        elif decision.action in (Action.CONFLICT, Action.FROZEN):
            self._conflict(system, tie, shared, raw, theirs, standing, decision)
        elif decision.action in (Action.KEEP, Action.SUGGEST):
            self.ledger.record(theirs)
            if decision.action is Action.SUGGEST:
                self.wishes[system.name, tie.remote_id, path] = Wish(theirs, self._columns(system, path, raw))
        elif decision.action is Action.PUSH:
            self.ledger.record(theirs)
        elif decision.action is Action.UNREADABLE:
            self.ledger.record(theirs)
            self.aside.add((system.name, tie.remote_id, path))

    def _by_itself(self, shared: Shared, system: System, decision: Decision) -> Decision:
        """Who says what the commons says agrees, and is no party any more."""
        at = (shared.id, self.scope(decision.path, system.member))
        if decision.action is not Action.FROZEN or said_differently(decision.theirs, decision.ours):
            return decision
        if self.open[at].parties.pop(system.name, None) is not None and not self.open[at].parties:
            met("conflict settled by itself")
            self._close(at)
        return replace(decision, action=Action.AGREE)

    def _conflict(
        self, system: System, tie: Tie, shared: Shared, raw: Raw, theirs: Write, standing: Standing, decision: Decision
    ) -> None:
        at = (shared.id, self.scope(decision.path, system.member))
        columns = self._columns(system, decision.path, raw)
        if not self.may_change(standing, decision.path):
            return  # its edit waits at its base until the conflict is over
        if at not in self.open:
            held = self.held(shared, decision.path, system.member).write
            self.open[at] = Open(decision.base, held, {})
        elif system.name not in self.open[at].parties and tie.base is not None and columns.items() <= tie.base.items():
            return
        self.open[at].parties[system.name] = Party(tie, theirs, columns)
        self.ledger.record(theirs, self.open[at].commons)

    def _close(self, at: tuple[str, Scope]) -> None:
        del self.open[at]
        self.closed.add(at)

    def _columns(self, system: System, path: str, raw: Raw) -> Raw:
        return {column: raw.get(column) for column in system.mapping.way(path).columns}

    def _share(self, system: System, tie: Tie, shared: Shared, raw: Raw) -> None:
        before = system.mapping.audience(tie.base) if tie.base is not None else None
        after = system.mapping.audience(raw)
        if shared.steward_id == system.member and before != after:
            shared.status = "withdrawn" if after is None else "published"
            met("sharing withdrawn" if after is None else "sharing resumed")
            shared.audience = after or shared.audience

    def _move_base(
        self, system: System, tie: Tie, shared: Shared, raw: Raw, decisions: dict[str, Decision], result: Reconciled
    ) -> None:
        """As read, but for columns of fields that are not settled: those keep what was last agreed."""
        of = {path: d.action for path, d in decisions.items()}
        waiting = (Action.CONFLICT, Action.FROZEN, Action.UNREADABLE)
        open_ = {c for p, a in of.items() if a in waiting for c in system.mapping.way(p).columns}
        old = tie.base or {}
        for path, action in of.items():
            if action in (Action.KEEP, Action.SUGGEST):
                tie.differs[path] = action.value
            elif action in (Action.AGREE, Action.TAKE, Action.PUSH):
                tie.differs.pop(path, None)
        tie.sent = {c: v for c, v in tie.sent.items() if old.get(c) == raw.get(c)}
        kept = open_ - self._of_another_meaning(system, tie, of)
        tie.base = {c: v for c, v in raw.items() if c not in open_} | {c: old[c] for c in kept if c in old}
        tie.digest = system.mapping.digest
        if open_:
            tie.version = 0  # the version vouches for the base only where the base is the record
        for path in [p for p in system.paths if system.way(p) == "both"]:
            if of.get(path) is Action.PUSH or (path in decisions and _merged(decisions[path])):
                self._disagree(tie, path)
            elif of.get(path, Action.AGREE) in (Action.TAKE, Action.AGREE) and path not in {
                *tie.differs,
                *result.unholdable,
            }:
                self._agree(tie, system, shared, path)

    @staticmethod
    def _of_another_meaning(system: System, tie: Tie, of: dict[str, Action]) -> set[str]:
        """What nobody can read now, and what today's mapping makes of its base is not what was agreed on."""
        if tie.digest == system.mapping.digest or tie.base is None:
            return set()
        unread = (path for path, action in of.items() if action is Action.UNREADABLE)
        moved = {p for p in unread if tie.agreed.get(p) != digest(system.mapping.read(tie.base).values.get(p))}
        return {column for path in moved for column in system.mapping.way(path).columns}

    def _agree(self, tie: Tie, system: System, shared: Shared, path: str) -> None:
        tie.agreed_on[path] = self.view(shared, system.member).get(path)
        tie.agreed[path] = digest(tie.agreed_on[path])

    @staticmethod
    def _disagree(tie: Tie, path: str) -> None:
        tie.agreed.pop(path, None)
        tie.agreed_on.pop(path, None)

    # --- out ---

    def push(self, name: str) -> None:
        system = self.systems[name]
        for shared in list(self.shared.values()):
            tie = self.tie_of(name, shared.id)
            if self.hidden(shared, system):
                continue
            if tie is None and shared.status == "published" and name in self.importing:
                self._create(system, shared)
            elif tie is not None and tie.state == "linked" and tie.base is not None:
                self._update(system, tie, shared)

    def _create(self, system: System, shared: Shared) -> None:
        view = self.view(shared, system.member)
        writing = system.mapping.write(view, None, creating=True)
        id = system.add({"Key": shared.id} | writing.columns)
        self.ledger.tell("    created", system.name, id)
        self.writes += 1
        tie, row = self._tie(system, shared, id), system.rows[id]
        for path in PATHS:
            seeded = not blank(row.fields.get(system.column(path) or ""))
            row.says[path] = self.held(shared, path, system.member).write if seeded else Write(0, None)
        row.says["status"] = Write(0, shared.status)
        tie.base, tie.digest, tie.version = system.mapping.reduce(row.fields), system.mapping.digest, row.version
        tie.sent = {c: v for c, v in writing.columns.items() if c in tie.base and tie.base[c] != v}
        for path in [p for p in system.paths if system.way(p) == "both" and p not in writing.unholdable]:
            self._agree(tie, system, shared, path)

    def _update(self, system: System, tie: Tie, shared: Shared) -> None:
        assert tie.base is not None
        row = system.rows.get(tie.remote_id)
        if row is None:
            return  # the next pull brings the tombstone
        case = Case(system, tie, shared, tie.base, row.says, self.standing(system, tie, shared), False)
        result = self.decide(case)
        pushed = {d.path: way for d in result.by(Action.PUSH) if (way := self._looked_at(system, tie, d.path))}
        columns = {c: v for c, v in result.columns.items() if any(c in way for way in pushed.values())}
        if tie.base["Key"] != shared.id:
            columns["Key"] = shared.id
        if not columns:
            return
        if self._moved(system, tie, row.fields, row.version, columns):
            met("moved while the hub was writing")
            self.read(system, tie.remote_id, row.fields, row.says, row.version)
            return
        before = dict(row.fields)
        system.save(tie.remote_id, columns)
        self.writes += 1
        for path in pushed:
            write = self.held(shared, path, system.member).write if path != "status" else Write(0, shared.status)
            self.ledger.tell("   ", "wrote", system.name, tie.remote_id, path, write)
            self.judge.wrote(case, path, before, row.fields, row.says[path], write)
            row.says[path] = write
            if system.way(path) == "both":
                self._agree(tie, system, shared, path)
        back = {c: row.fields[c] for c in columns}
        tie.base, tie.digest = tie.base | back, system.mapping.digest
        tie.version = row.version if tie.base == system.mapping.reduce(row.fields) else 0
        tie.sent = {c: v for c, v in tie.sent.items() if c not in columns}
        tie.sent |= {c: v for c, v in columns.items() if back[c] != v}

    def _looked_at(self, system: System, tie: Tie, path: str) -> tuple[str, ...]:
        """The columns of a field, if they may be written: not before anyone could read what stands there."""
        columns = system.mapping.way(path).columns
        known = tie.base is not None and all(c in tie.base for c in columns)
        return columns if known and (system.name, tie.remote_id, path) not in self.aside else ()

    @staticmethod
    def _moved(system: System, tie: Tie, fields: Raw, version: int, columns: Iterable[str]) -> bool:
        if GUARDS[system.name] == "version" and tie.version:
            return version != tie.version
        assert tie.base is not None
        return any(fields.get(c) != tie.base.get(c) for c in columns)

    # --- people ---

    def resolve(self, at: tuple[str, Scope], value: Any) -> None:
        """Every party's base becomes what it showed."""
        (id, scope), conflict = at, self.open[at]
        seen = [self.shared[id].held[scope].write, *(p.write for p in conflict.parties.values())]
        self.ledger.record(*seen)
        self.shared[id].held[scope] = Held(self.ledger.write(value, *seen, by="person"))
        for party in conflict.parties.values():
            assert party.tie.base is not None
            party.tie.base |= party.columns
            self._disagree(party.tie, scope[0])
        self._close(at)

    def answer(self, at: tuple[str, str, str], answer: Literal["accept", "decline", "differ"]) -> None:
        """A person decides on a suggestion: its base is what was suggested, whatever the record says by now."""
        wish, tie, path = self.wishes.pop(at), self.ties[at[:2]], at[2]
        self.ledger.record(wish.write)
        if answer == "differ":
            return
        tie.differs.pop(path, None)
        self._disagree(tie, path)
        tie.base = (tie.base or {}) | wish.columns
        if answer == "accept":
            scope = self.scope(path, "")
            shared = self.shared[tie.opportunity]
            write = self.ledger.write(wish.write.value, self.held(shared, path, "").write, wish.write, by="person")
            shared.held[scope] = Held(write, at[0])

    def edit(self, shared: Shared, path: str, value: Any) -> None:
        """The steward's people change a fact in the hub."""
        held = self.held(shared, path, "")
        shared.held[self.scope(path, "")] = Held(self.ledger.write(value, held.write, by="person"))

    def forget(self) -> None:
        """The hub lost its store. What only it knew is gone; the records still carry their keys."""
        for of in (self.shared, self.ties, self.open, self.wishes):
            of.clear()
        self.aside.clear()
        self.closed.clear()


def _merged(decision: Decision) -> bool:
    """The commons took more than what the record shows, so that the two do not agree yet."""
    return decision.action is Action.TAKE and said_differently(decision.value, decision.theirs)


def said_differently(a: Any, b: Any) -> bool:
    return a != b and not (blank(a) and blank(b))
