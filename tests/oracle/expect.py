"""What the invariants allow for one field of one record, said without a look at the planner.

The sources are the table and the sentences of the design: a two-way field and its base, whose field it is,
first sight, conflicts that freeze, local values that stay local. Where they leave a choice, both are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.sync.reconcile import Action
from tests.oracle.systems import UNKNOWN
from tests.oracle.writes import blank


class Absent:
    """There is no base: first sight, a newly mapped field, or a value that nobody could read then."""

    def __repr__(self) -> str:
        return "none"


ABSENT = Absent()

POLICY = {"keep": Action.KEEP, "suggest": Action.SUGGEST, "reset": Action.PUSH}


@dataclass(frozen=True, slots=True)
class Look:
    """One field as all sides show it in the system's own words.

    ``ours`` by the mapping's word, ``settled`` as the system would keep it; ``commons`` in full. ``moved``:
    the commons changed since the two last agreed. ``foreign``: not the steward's record.
    ``ranks`` is empty where no rule is about this field. ``remapped``: they agreed
    once, and the base is of an older mapping.
    """

    path: str
    way: str
    is_set: bool
    theirs: Any
    base: Any
    ours: Any
    settled: Any
    commons: Any
    may_change: bool
    foreign: bool
    edits: str
    frozen: bool
    differs: bool
    moved: bool
    here: str
    origin: str | None
    ranks: tuple[str, ...] = ()
    remapped: bool = False

    @property
    def first(self) -> bool:
        return self.base is ABSENT

    @property
    def theirs_changed(self) -> bool:
        return not self.first and not alike(self.theirs, self.base)

    @property
    def hides(self) -> bool:
        """The system shows only a part of what the commons holds."""
        return not alike(self.ours, self.commons)

    @property
    def holdable(self) -> bool:
        return self.ours is not UNKNOWN

    @property
    def winner(self) -> str | None:
        """The better ranked of the two systems, where the rule names both."""
        both = {self.here, self.origin} <= set(self.ranks) and self.here != self.origin
        return min((self.here, str(self.origin)), key=self.ranks.index) if both else None


def alike(a: Any, b: Any) -> bool:
    return a == b or (blank(a) and blank(b))


def allowed(look: Look) -> set[Action]:
    """The actions that keep the invariants; ``NOTHING`` stands for no decision at all."""
    if look.theirs is UNKNOWN and look.way != "out":
        return {Action.UNREADABLE}
    if look.way == "out":
        return {Action.NOTHING, Action.AGREE} if alike(look.theirs, look.settled) else {Action.PUSH}
    if look.frozen:
        # An edit that has no word in the conflict means what it always means; nothing is written before it is over.
        local = look.theirs_changed and not look.may_change and not look.first
        return {Action.FROZEN, Action.NOTHING} | ({POLICY[look.edits], Action.KEEP} if local else set())
    if look.differs:
        local = {Action.KEEP, Action.SUGGEST} if not alike(look.theirs, look.ours) else set()
        return local | {Action.NOTHING} | ({Action.AGREE} if _equal(look) else set())
    if look.way == "in":
        return _in(look)
    if not look.holdable:
        return _no_word_for_it(look)
    if look.first:
        return _first_sight(look)
    return set().union(*(_table(look, changed) for changed in _ours_changed(look)))


def _equal(look: Look) -> bool:
    return alike(look.theirs, look.ours) or alike(look.theirs, look.settled)


def _ours_changed(look: Look) -> set[bool]:
    """The commons changed in the system's own view. Where the system had made something of its own out of a value,
    both readings are right: nothing is lost by writing it once more."""
    if not look.moved:
        return {False}
    if look.remapped and look.theirs_changed:
        return {True}  # what it looks like now says nothing about what they saw
    return {not alike(look.ours, look.base), not alike(look.settled, look.base)}


def _in(look: Look) -> set[Action]:
    """Theirs against base only; at first sight as any other field, but that nothing is ever written there."""
    if _equal(look):
        return {Action.TAKE, Action.AGREE, Action.NOTHING}
    if not look.first:
        return {Action.TAKE} if look.theirs_changed else {Action.NOTHING}
    if blank(look.theirs):
        return {Action.NOTHING}
    return {Action.TAKE} if blank(look.commons) else {Action.CONFLICT}


def _no_word_for_it(look: Look) -> set[Action]:
    """The commons value cannot be written here, and shown so. Their edit next to it overwrites nothing."""
    if look.first:
        if blank(look.theirs):
            return {Action.NOTHING}
        return {Action.CONFLICT} if look.may_change else {Action.KEEP}
    if not look.theirs_changed:
        return {Action.NOTHING}
    emptied = {Action.KEEP, Action.NOTHING} if blank(look.theirs) or look.edits == "reset" else set()
    return emptied | ({Action.CONFLICT} if look.may_change else {POLICY[look.edits], Action.KEEP})


def _first_sight(look: Look) -> set[Action]:
    """Equal agrees, blank never overwrites, else conflict."""
    found = {Action.AGREE} if _equal(look) else set()
    if blank(look.theirs) and blank(look.ours):
        found |= {Action.NOTHING}
    if alike(look.theirs, look.ours):
        return found
    if blank(look.theirs):
        return found | {Action.PUSH}
    if look.may_change:
        return found | ({Action.TAKE} if blank(look.commons) else {Action.CONFLICT})
    never = {Action.PUSH} if blank(look.commons) else set()
    return found | ({POLICY[look.edits], Action.CONFLICT, Action.KEEP} - never)


def _table(look: Look, ours_changed: bool) -> set[Action]:
    if not look.theirs_changed:
        return {Action.PUSH} if ours_changed else {Action.NOTHING}
    if alike(look.theirs, look.ours):
        return {Action.AGREE}
    if not look.may_change:
        return {POLICY[look.edits]}
    if look.is_set:
        return {Action.TAKE, Action.PUSH} if ours_changed else {Action.TAKE}
    if not ours_changed:
        return _edit_in(look)
    if look.winner == look.here:
        return {Action.TAKE} | ({Action.CONFLICT} if look.hides else set())
    if look.winner is not None:
        return {Action.PUSH}
    return {Action.CONFLICT}


def _edit_in(look: Look) -> set[Action]:
    """Theirs is taken, where nothing would be lost. A copy that the system itself had changed, or one that was
    emptied altogether, may be taken or asked about."""
    if look.hides and not blank(look.theirs):
        return {Action.CONFLICT}
    changed_copy = look.hides or not alike(look.settled, look.commons)
    return {Action.TAKE, Action.CONFLICT} if changed_copy else {Action.TAKE}


def merged(look: Look, shown: set[str]) -> list[str] | None:
    """The set after both sides' additions and removals; what the system cannot show stays as the commons has it."""
    ours, theirs = set(look.commons or ()), set(look.theirs or ())
    base = set(look.ours or ()) if look.first or not look.moved else set(look.base or ())
    taken = {code for code in shown if (code in theirs if (code in theirs) != (code in base) else code in ours)}
    return sorted(taken | (ours - shown)) or None
