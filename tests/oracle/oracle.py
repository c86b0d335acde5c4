"""Watches every decision, every write and the end of a story, and counts what it met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.sync.matching import Match, Unlinked
from hub.sync.reconcile import Action, Decision, Reconciled
from schemas.fields import spec
from tests.oracle.executor import Commons
from tests.oracle.expect import ABSENT, Look, alike, allowed, merged
from tests.oracle.situations import met
from tests.oracle.state import IDS, Case, Shared, Tie
from tests.oracle.systems import UNKNOWN, Raw
from tests.oracle.writes import Ledger, Write, blank, said


@dataclass(slots=True)
class Oracle:
    ledger: Ledger
    commons: Commons | None = None

    # --- each decision ---

    def decided(self, case: Case, result: Reconciled) -> None:
        decisions = {d.path: d for d in result.decisions}
        for path in case.system.paths:
            look = self.look(case, path)
            decision = decisions.pop(path, Decision(path, Action.NOTHING))
            right = allowed(look)
            if decision.action not in right:
                raise self.ledger.broken(f"{decision} of {look}: allowed {sorted(right)}")
            self._value(case, look, decision)
            self._columns(case, look, decision, result)
            if decision.action not in (Action.NOTHING, Action.FROZEN, Action.UNREADABLE):
                self.ledger.tell(
                    "   ",
                    case.system.name,
                    case.tie.remote_id,
                    path,
                    decision.action,
                    "" if case.pulled else "(plan)",
                    repr(look.theirs),
                    "base",
                    repr(look.base),
                    "ours",
                    repr(look.ours),
                )
            if case.pulled:
                self._count(case, look, decision)
        if decisions:
            raise self.ledger.broken(f"decided on fields that are not synced: {decisions}")
        never = {"Key", "Share", "Language"} | {
            case.system.column(p) for p in case.system.paths if case.system.way(p) == "in"
        }
        if never & result.columns.keys():
            raise self.ledger.broken(f"I24: would write {never & result.columns.keys()}")

    def look(self, case: Case, path: str) -> Look:
        system, tie, standing = case.system, case.tie, case.standing
        column = system.column(path) or ""
        held = self._commons.held(case.shared, path, system.member)
        value = self._commons.view(case.shared, system.member).get(path)
        base = ABSENT if tie.base is None or column not in tie.base else system.shows(path, tie.base)
        base = ABSENT if base is UNKNOWN else base
        return Look(
            path=path,
            way=system.way(path),
            is_set=spec(path).merge == "set",
            theirs=system.shows(path, case.raw),
            base=base,
            ours=system.view(path, value),
            settled=system.settled(path, value),
            commons=value,
            may_change=self._commons.may_change(standing, path),
            foreign=not standing.steward and spec(path).authority == "steward",
            edits=standing.edits,
            frozen=path in standing.frozen,
            differs=path in standing.differs,
            moved=path not in tie.agreed_on or not alike(tie.agreed_on[path], value),
            here=system.name,
            origin=held.origin,
            ranks=standing.ranks.get(path, ()),
            remapped=standing.remapped and path in tie.agreed_on,
        )

    @property
    def _commons(self) -> Commons:
        assert self.commons is not None
        return self.commons

    def _value(self, case: Case, look: Look, decision: Decision) -> None:
        """What is taken is what they wrote, and it replaces nothing that they could not see."""
        if decision.action is not Action.TAKE:
            return
        if look.is_set:
            right = merged(look, set(case.system.themes))
            if not (alike(decision.value, right)):
                raise self.ledger.broken(f"I1: {decision} merges {look}, which is {right}")
            return
        if not (alike(decision.value, look.theirs)):
            raise self.ledger.broken(f"takes {decision.value!r}, they wrote {look.theirs!r}: {look}")
        theirs, held = case.says[look.path], self._commons.held(case.shared, look.path, case.system.member)
        ruled = look.winner == look.here
        if not (ruled or look.way == "in" or theirs.after(held.write)):
            raise self.ledger.broken(f"I1: {theirs} never saw {held.write}: {look}")

    def _columns(self, case: Case, look: Look, decision: Decision, result: Reconciled) -> None:
        """A push makes the record say what the commons says; nothing else is written."""
        column = case.system.column(look.path)
        if decision.action is not Action.PUSH:
            if not (column not in result.columns):
                raise self.ledger.broken(f"writes {column} without a decision to: {look}")
            return
        if not (not look.holdable or column in result.columns):
            raise self.ledger.broken(f"says push and writes nothing: {look}")
        after = case.system.shows(look.path, case.raw | result.columns)
        if not (alike(after, look.ours) or alike(after, look.settled)):
            raise self.ledger.broken(f"writes {after!r} for {look}")

    def matched(self, record: Unlinked, shared: Shared | None, tie: Tie | None, member: str, found: Match) -> None:
        """I19 and I10: the key decides, never a likeness; who stopped following is left alone."""
        ticked = record.audience is not None and record.may_share
        if not record.key:
            right = Match.NEW if ticked else Match.DROP
        elif shared is None:
            right = Match.DROP if not ticked else Match.RECREATE if record.key in IDS else Match.STRANGER
        elif tie is not None and tie.state == "linked":
            right = Match.SECOND
        elif tie is not None:
            right = Match.REPLACES if ticked and shared.steward_id == member else Match.FOLLOWED_NO_MORE
        else:
            seen = shared.steward_id == member or shared.audience == "all"
            right = Match.JOIN if seen else Match.STRANGER
        if found is not right:
            raise self.ledger.broken(f"I19: {record} of {member} beside {shared} and {tie} is {found}, not {right}")
        words = {
            Match.NEW: "a record shared for the first time",
            Match.RECREATE: "recreated after the hub forgot it",
            Match.SECOND: "key copied to a second record",
            Match.STRANGER: "key of an invisible opportunity",
            Match.JOIN: "a record brought its key",
            Match.FOLLOWED_NO_MORE: "record of one who stopped following",
            Match.REPLACES: "a copy in place of the steward's deleted record",
        }
        if found in words:
            met(words[found])

    def wrote(self, case: Case, path: str, before: Raw, after: Raw, over: Write, write: Write) -> None:
        """I1 on the way out: what is written over was seen, or is on record."""
        system = case.system
        same = alike(system.shows(path, before), system.settled(path, write.value))
        known = same or write.after(over) or self._on_record(over) or path == "status"
        if not (known):
            raise self.ledger.broken(f"I1: {system.name} wrote {write} over {over}, which nobody saw")
        if not (path != "themes" or system.strange(before) == system.strange(after)):
            raise self.ledger.broken(f"I17: {before} became {after}")
        if system.strange(before) and path == "themes":
            met("item that no mapping knows")
        if look_apart(system.shows(path, after), system.view(path, write.value)):
            met("a system normalised what was written")

    def _on_record(self, write: Write) -> bool:
        """Or it goes back to a value that was, before the hub looked again: nothing tells the two apart."""
        again = (one for one in write.knew if write.by == "revert" and said(one.value) == said(write.value))
        return write in self.ledger.recorded or any(one in self.ledger.recorded for one in again)

    # --- the end ---

    def at_rest(self, written: list[tuple[str, str, str, Write]]) -> None:
        """I1 and I4 when nobody writes any more. ``written``: connection, record, path and write of every edit."""
        live = [
            (s, t)
            for (name, id), t in self._commons.ties.items()
            if t.state == "linked" and id in (s := self._commons.systems[name]).rows
        ]
        for system, tie in live:
            shared = self._commons.shared[tie.opportunity]
            for path in system.paths:
                self._level(Case(system, tie, shared, system.mapping.reduce(system.rows[tie.remote_id].fields),
                                 system.rows[tie.remote_id].says, self._commons.standing(system, tie, shared), True), path)  # fmt: skip
        waiting = [
            system.rows[tie.remote_id].says[path]
            for system, tie in live
            for path in self._commons.standing(system, tie, self._commons.shared[tie.opportunity]).frozen
        ]
        held = [h.write for shared in self._commons.shared.values() for h in shared.held.values()]
        known = {w for one in (*held, *waiting, *self.ledger.recorded) for w in (one, *one.knew)}
        texts = {said(w.value) for w in known}
        for connection, id, path, write in reversed(written):
            tie = self._commons.ties.get((connection, id))
            if write in known or said(write.value) in texts:
                known |= write.knew
                texts |= {said(w.value) for w in write.knew}
                continue
            text = isinstance(write.value, str) and path in ("summary", "need", "commitment.note")
            if text and tie is not None and tie.state == "linked":
                raise self.ledger.broken(f"I1: lost {write} of {path} in {connection}")

    def _level(self, case: Case, path: str) -> None:
        """A record says what the commons says, or there is a word for why it does not, or its member sees it no more."""
        if self._commons.hidden(case.shared, case.system):
            return
        look = self.look(case, path)
        aside = (case.system.name, case.tie.remote_id, path) in self._commons.aside
        read_only = look.way == "in" and not look.theirs_changed
        remapped = path == "relationship" and case.system.swaps > 0 and not look.moved and not look.theirs_changed
        named = look.frozen or look.differs or aside or not look.holdable or read_only or remapped
        if not (alike(look.theirs, look.settled) or alike(look.theirs, look.ours) or named):
            raise self.ledger.broken(f"I4: {look}")

    # --- what was met ---

    def _count(self, case: Case, look: Look, decision: Decision) -> None:
        """Name what this is by what the sides show, not by what was decided."""
        at = (case.shared.id, self._commons.scope(look.path, case.system.member))
        if decision.action is Action.CONFLICT:
            met("conflict opened")
            if at in self._commons.closed:
                met("conflict reopened")
        if look.theirs is UNKNOWN:
            met("unknown value quarantined")
        elif look.way == "out":
            if look.theirs_changed:
                met("foreign edit of an outgoing field")
        elif look.frozen:
            party = self._commons.open[at].parties.get(case.system.name)
            column = case.system.column(look.path) or ""
            if party is not None and party.columns.get(column) != case.raw[column]:
                met("party moved during conflict")
        elif look.first and look.way == "both" and look.holdable:
            _count_first_sight(look)
        elif look.theirs_changed:
            if case.says[look.path].by == "revert":
                met("revert to an older value")
            if look.differs:
                met("edit of a field that differs")
            elif not look.holdable:
                met("value that a system has no word for")
            elif look.way == "both":
                _count_edit(look)
        elif look.way == "both" and look.moved and not alike(look.settled, look.base):
            met("one-sided edit out")


def _count_first_sight(look: Look) -> None:
    if blank(look.theirs) and blank(look.ours):
        return
    if alike(look.theirs, look.ours):
        met("first sight, equal")
    elif blank(look.theirs):
        met("first sight, blank there")
    elif blank(look.ours):
        met("first sight, blank here")
    else:
        met("first sight, unequal")


def _count_edit(look: Look) -> None:
    """An edit that is new to the hub, in a field that goes both ways."""
    ours_changed = look.moved and not alike(look.settled, look.base)
    if alike(look.theirs, look.ours):
        if ours_changed:
            met("both changed, equal")
        return
    if spec(look.path).authority == "member":
        met("member's own field edited")
    if not look.may_change:
        met({"keep": "kept edit", "suggest": "suggested edit", "reset": "reset edit"}[look.edits])
    elif not ours_changed:
        met("one-sided edit in")
        if look.foreign:
            met("accepted edit")
        if blank(look.theirs):
            met("clear, one-sided")
        elif look.hides:
            met("set edited where some of it is hidden" if look.is_set else "cut value edited")
    elif look.is_set:
        met("set merge, both sides")
    else:
        blanks = (blank(look.theirs), blank(look.commons))
        met(
            {(True, False): "clear against edit", (False, True): "commons cleared against edit"}.get(
                blanks, "both changed, different"
            )
        )
        if look.winner:
            met("rule decided")
        elif look.ranks:
            met("rule that ranks one of two only")


def look_apart(a: Any, b: Any) -> bool:
    return b is not UNKNOWN and not alike(a, b)
