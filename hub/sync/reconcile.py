"""What one record and the commons mean to each other, field by field. Pure: no clock, no I/O.

All three sides are looked at in the *system's own view*, through the current mapping, so that what a
system cannot hold never echoes back as an edit::

    theirs = read(record)      ours = read(write(view, record))      base = read(base columns)

====================  ===================  ==========================================================
theirs against base   ours against base    a two-way field
====================  ===================  ==========================================================
same                  same                 NOTHING
changed               same                 TAKE where this connection may change the field and nothing
                                           would be lost, CONFLICT where their edit was made on a
                                           shortened copy, else KEEP, SUGGEST or PUSH (``edits``)
same                  changed              PUSH
changed               changed, equal       AGREE: only the base moves
changed               changed, different   the rule for this field, else CONFLICT
====================  ===================  ==========================================================

Without a base (first sight, or a newly mapped field): equal agrees, blank never overwrites, else CONFLICT. What stands where
the commons value cannot be held is CONFLICT too, or KEEP where this connection may not change the field.
Where hub and system undo each other for the third time running, TAKE becomes CONFLICT and PUSH becomes LOOP.
Where a member follows a project's facts by asking, or not at all, PUSH of such a fact becomes ASK or LEAVE.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from hub.config import Follow
from hub.store.engine import encoded
from mappings.language import FieldMap, Mapping, Refuses
from schemas.fields import spec
from schemas.said import phrase
from schemas.values import canonical, same

Value = Any
Values = Dict[str, Value]
Raw = dict[str, Any]
_ABSENT: Any = object()
BLANK: tuple[Any, ...] = (None, "", [])
SIDE_BY_SIDE = "The two had different values when they were first put side by side."
LOOP = "This system changed it right after the hub wrote it, three times running. Something there writes it too."
CHANGED = phrase("This system changed it when it was written.")


class Action(StrEnum):
    """What is to happen to one field of one record."""

    NOTHING = "nothing"
    TAKE = "take"  # the commons takes the record's value
    PUSH = "push"  # the record takes the commons value
    AGREE = "agree"  # both moved to the same value
    CONFLICT = "conflict"
    KEEP = "keep"  # a local edit stays local
    SUGGEST = "suggest"  # a local edit waits for its people to send it
    LOOP = "loop"  # the system keeps changing it back: it is written no more
    FROZEN = "frozen"  # an open conflict has this field
    ASK = "ask"  # the commons moved, and its people are asked before the record does
    LEAVE = "leave"  # the commons moved, and the record is not to
    UNREADABLE = "unreadable"  # the mapping cannot translate the record's value


@dataclass(frozen=True, slots=True)
class Decision:
    path: str
    action: Action
    theirs: Value = None
    ours: Value = None
    base: Value = None
    value: Value = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a link apart from values: whose record it is, and what people already decided.

    ``steward``: the record belongs to the member that shared the opportunity. ``differs``: paths whose
    local value stays local (a pending suggestion is one). ``ranks``: for a path, the connections whose
    word counts, best first; ``prefers``: for a path, the one that people said to prefer to any other;
    ``origins``: the connection that each commons value came from. ``looping``: paths that the system has
    changed right after the hub wrote them, twice running. ``remapped``: the base was read by another mapping, so
    that it may look like what the commons says by chance. ``follow``: whether the record takes over what changes of
    the project's facts; ``answers``: for a path, what its people said (take, leave) to the commons value of a ``digest``.
    """

    connection: str
    steward: bool
    edits: Literal["keep", "suggest", "accept", "reset"] = "keep"
    follow: Follow = "yes"
    frozen: frozenset[str] = frozenset()
    differs: frozenset[str] = frozenset()
    looping: frozenset[str] = frozenset()
    remapped: bool = False
    ranks: Dict[str, tuple[str, ...]] = field(default_factory=dict)
    prefers: Dict[str, str] = field(default_factory=dict)
    origins: Dict[str, str | None] = field(default_factory=dict)
    answers: Dict[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """``decisions`` for every field where something is to be said; ``columns``: what a push would
    write; ``unholdable``: paths that this system cannot hold, with the reason; ``shortened``: those of
    which it holds a part."""

    decisions: tuple[Decision, ...]
    columns: Raw
    unholdable: Dict[str, str]
    shortened: Dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> dict[str, str]:
        """What the opportunity's page says of this link: the values that are not there, or not whole."""
        return {**self.shortened, **self.unholdable}

    def by(self, *actions: Action) -> list[Decision]:
        return [d for d in self.decisions if d.action in actions]


def reconcile(
    mapping: Mapping,
    record: Raw,
    base: Raw | None,
    sent: Raw | None,
    view: Values,
    standing: Standing,
    agreed: Dict[str, str] | None = None,
    refuses: Refuses | None = None,
) -> Reconciled:
    """Decide every mapped field of one linked record.

    ``record`` and ``base`` are reduced raw columns; ``sent`` holds the columns whose read-back differed
    from what was written, as they were written. ``agreed``: the ``digest`` of the commons value of each path
    when the two last agreed; where it is still the same, the commons has not moved, and a difference
    that a changed mapping makes is nobody's edit. ``refuses``: what the system itself cannot hold.
    """
    still = agreed or {}
    theirs = mapping.read(record)
    unreadable = {p.path: p.message for p in theirs.problems if p.path}
    before = theirs.values if base is record else mapping.read(base).values if base is not None else {}
    written = mapping.write(view, record, refuses=refuses) if refuses else mapping.write(view, record)
    shown = dict(record) | {
        column: base[column] if base is not None and sent and column in sent and sent[column] == value else value
        for column, value in written.columns.items()
    }
    ours = mapping.read(shown).values if written.columns else theirs.values
    unread = {c for part in mapping.fields if part.reads and part.path in unreadable for c in part.columns}
    decided = standing.frozen | standing.differs | written.unholdable.keys()
    decisions: list[Decision] = []
    for part in mapping.fields:
        if not (part.reads or part.writes):
            continue
        path = part.path
        if path in unreadable and part.reads:
            decisions.append(Decision(path, Action.UNREADABLE, reason=unreadable[path]))
            continue
        known = base is not None and all(column in base for column in part.columns)
        still_there = known and theirs.values.get(path) == ours.get(path) == before.get(path)
        if still_there and part.reads and part.writes and path not in decided:
            continue  # nobody moved it, as of most fields of most records
        decision = _decide(
            part,
            theirs.values.get(path),
            ours.get(path) if part.writes else view.get(path),
            before.get(path) if known else _ABSENT,
            view.get(path),
            path in written.unholdable,
            still[path] == digest(view.get(path)) if path in still else None,
            standing,
        )
        if path in standing.looping:
            decision = _broken_off(part, decision, standing)
        decision = _followed(decision, view.get(path), standing)
        shared = set(part.columns) & written.columns.keys() & unread
        if decision.action is Action.PUSH and shared:
            # Writing the currency of an amount that nobody could read would say what that amount is.
            reason = phrase(
                "It waits: %(names)s also belongs to a value here that cannot be read.", names=", ".join(sorted(shared))
            )
            decision = Decision(path, Action.UNREADABLE, reason=reason)
        if decision.action is Action.NOTHING:
            continue
        decisions.append(decision)
    decisions = _apart(mapping, decisions, written.columns.keys())
    pushed = {c for d in decisions if d.action is Action.PUSH for c in mapping.way(d.path).columns}
    columns = {c: shown[c] for c in written.columns if c in pushed}
    return Reconciled(tuple(decisions), columns, written.unholdable, shortened(mapping, view, ours))


def shortened(mapping: Mapping, view: Values, shown: Values) -> dict[str, str]:
    """Two-way fields that this system shows otherwise than the commons has them, with the reason."""
    return {
        part.path: phrase("This system cannot hold all of it. Missing there: %(loses)s.", loses=part.lens.loses)
        if part.lens.loses
        else CHANGED
        for part in mapping.fields
        if part.reads and part.writes and "drop" not in part.entry.options
        if part.path in view and view[part.path] not in (None, "", [])
        if not same(part.path, shown.get(part.path), view[part.path])
    }


def _decide(
    part: FieldMap,
    theirs: Value,
    ours: Value,
    base: Value,
    view: Value,
    unholdable: bool,
    unmoved: bool | None,
    standing: Standing,
) -> Decision:
    path = part.path

    def say(action: Action, value: Value = None, reason: str = "") -> Decision:
        return Decision(path, action, theirs, ours, None if base is _ABSENT else base, value, reason)

    is_set = spec(path).merge == "set"
    agrees = same(path, theirs, ours)
    moved = not agrees if base is _ABSENT else not same(path, theirs, base)
    local = part.reads and moved and not agrees and not _may_change(path, standing)
    if path in standing.frozen and (unholdable or base is _ABSENT or not local):
        # What it cannot hold it does not show either: beside such a value nothing looks like agreement.
        return replace(say(Action.FROZEN), ours=view) if unholdable else say(Action.FROZEN)
    if not part.reads:
        if path in standing.differs:
            return say(Action.AGREE if agrees else Action.NOTHING)
        return say(Action.NOTHING if agrees or unholdable else Action.PUSH)
    if not part.writes:
        return _read_only(say, path, theirs, ours, moved, base is _ABSENT, standing)
    if path in standing.differs:
        return say(Action.AGREE) if agrees and not unholdable else say(Action.KEEP if moved else Action.NOTHING)
    if base is _ABSENT:
        return _first_sight(say, path, theirs, ours, view, agrees, unholdable, standing)
    if unholdable:
        return _beside_unholdable(say, theirs, moved, standing, path)
    turned = not unmoved and not same(path, ours, base)
    if not moved:
        return say(Action.PUSH) if turned else say(Action.NOTHING)
    turned |= standing.remapped and unmoved is False
    if agrees:
        return say(Action.AGREE)
    if not _may_change(path, standing):
        return _edit_of_another(say, path, theirs, standing)
    if is_set:
        return say(Action.TAKE, canonical(part.path, _merged(view, theirs, base)))
    if turned:
        return _both_changed(say, path, theirs, standing)
    # A blank has nothing to lose, though a tick shows it as "no".
    if view not in BLANK and not same(path, ours, view):
        return say(Action.CONFLICT, reason="Edited where the system holds a shortened or changed copy of the value.")
    return say(Action.TAKE, theirs)


_BLANK = hashlib.sha256(encoded(None)).hexdigest()[:16]


def digest(value: Value) -> str:
    """A short fingerprint of a commons value; blank is blank."""
    return _BLANK if value is None or value in ("", []) else hashlib.sha256(encoded(value)).hexdigest()[:16]


def _may_change(path: str, standing: Standing) -> bool:
    authority = spec(path).authority
    return authority == "member" or (authority == "steward" and (standing.steward or standing.edits == "accept"))


def _read_only(
    say: Any, path: str, theirs: Value, ours: Value, moved: bool, first: bool, standing: Standing
) -> Decision:
    if not moved or (first and theirs in BLANK):
        return say(Action.NOTHING)
    if not _may_change(path, standing):
        return say(Action.KEEP)
    if first and ours not in BLANK:
        return say(Action.CONFLICT, reason=SIDE_BY_SIDE)
    return say(Action.TAKE, theirs)


def _first_sight(
    say: Any, path: str, theirs: Value, ours: Value, view: Value, agrees: bool, unholdable: bool, standing: Standing
) -> Decision:
    if agrees and not unholdable:
        return say(Action.AGREE)
    if unholdable:
        return _beside_unholdable(say, theirs, theirs not in BLANK, standing, path)
    if theirs in BLANK:
        return say(Action.PUSH)
    if not _may_change(path, standing):
        return say(Action.PUSH if standing.edits == "reset" and ours is not None else Action.KEEP)
    if view in BLANK:  # and not only what this system shows of it
        return say(Action.TAKE, theirs)
    return say(Action.CONFLICT, reason=SIDE_BY_SIDE)


def _beside_unholdable(say: Any, theirs: Value, moved: bool, standing: Standing, path: str) -> Decision:
    """The column keeps a value of its own because it cannot hold the commons value."""
    if not moved:
        return say(Action.NOTHING)
    if theirs is None or not _may_change(path, standing):
        return say(Action.KEEP)
    return say(Action.CONFLICT, reason="This system cannot hold the commons value, and its own value was changed.")


def _edit_of_another(say: Any, path: str, theirs: Value, standing: Standing) -> Decision:
    """Another member's edit of a steward's fact: its connection says what that means."""
    if spec(path).authority == "hub" or standing.edits == "reset":
        return say(Action.PUSH)
    return say(Action.SUGGEST, theirs) if standing.edits == "suggest" else say(Action.KEEP)


def _both_changed(say: Any, path: str, theirs: Value, standing: Standing) -> Decision:
    winner = _winner(path, standing)
    if winner == standing.connection:
        return say(Action.TAKE, theirs, f"rule: {winner} first")
    if winner is not None:
        return say(Action.PUSH, reason=f"rule: {winner} first")
    return say(Action.CONFLICT, reason="Changed on both sides since they last agreed.")


def _winner(path: str, standing: Standing) -> str | None:
    """The connection whose word counts by rule: where both are ranked the better one, else the preferred one."""
    here, origin = standing.connection, standing.origins.get(path)
    if origin == here:
        return None
    ranking = standing.ranks.get(path, ())
    if here in ranking and origin in ranking:
        return min(here, origin, key=ranking.index)
    preferred = standing.prefers.get(path)
    return preferred if preferred in (here, origin) else None


def _broken_off(part: FieldMap, decision: Decision, standing: Standing) -> Decision:
    """The third time running that the system changes what the hub had just written."""
    if decision.action not in (Action.TAKE, Action.PUSH) or same(part.path, decision.theirs, decision.base):
        return decision
    asked = part.reads and part.writes and _may_change(part.path, standing)
    return replace(decision, action=Action.CONFLICT if asked else Action.LOOP, reason=LOOP)


def _followed(decision: Decision, view: Value, standing: Standing) -> Decision:
    """What the commons itself says of an opportunity (its status, who is in) goes out whatever a member follows."""
    if decision.action is not Action.PUSH or standing.follow == "yes" or spec(decision.path).authority != "steward":
        return decision
    word, value = standing.answers.get(decision.path, ("", ""))
    if standing.follow == "ask" and value != digest(view):
        return replace(decision, action=Action.ASK)
    return decision if standing.follow == "ask" and word == "take" else replace(decision, action=Action.LEAVE)


def _apart(mapping: Mapping, decisions: list[Decision], changed: Collection[str]) -> list[Decision]:
    """An amount that stays as it is keeps its currency: what would be written along with that stays as well."""
    stays = {c for d in decisions if d.action in (Action.ASK, Action.LEAVE) for c in mapping.way(d.path).columns}
    held = stays & set(changed)
    return [
        replace(d, action=Action.LEAVE) if d.action is Action.PUSH and held & set(mapping.way(d.path).columns) else d
        for d in decisions
    ]


def _merged(view: Value, theirs: Value, base: Value) -> Value:
    """Their additions and removals, applied to the commons set: what the system cannot show survives."""
    theirs, base, kept = theirs or [], base or [], view or []
    removed = [item for item in base if item not in theirs]
    added = [item for item in theirs if item not in base and item not in kept]
    return [item for item in kept if item not in removed] + added
