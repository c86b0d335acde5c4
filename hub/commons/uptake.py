"""Does it work: how far comes what is shared, and in how many days.

An opportunity is *shared* on the day on which it is first published, *opened* when someone of another member first opens its page
or answers its row in an inbox, *taken up* when a system of another member holds a record of it, and *pledged* when another member
lets others know of a pledge, a commitment or a payment that still stands. Members count, never persons.

Nothing of this can be pinned on one: months with less than ``LEAST`` opportunities go together with their neighbours, and a step
that fewer than ``ACTORS`` members took is only said to be one of few. Nothing is counted by steward at all, so that no sum gives
away one who is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy import Connection

from hub.commons.ledger import DISCLOSED
from hub.commons.sharing import LISTED, Circles, may_see
from hub.store import uptake as stored

STEPS = ("opened", "taken_up", "pledged")
LEAST = 5
"""Opportunities that a line of the table is about at the least, and that a median is of."""
ACTORS = 3
"""Members that have to have taken a step before it is said how often it was."""
PLEDGES = ("pledged", "committed", "paid")


@dataclass(slots=True)
class Way:
    """How far one opportunity came: the day on which it was shared, and of each step the day on which each member took it."""

    shared: date
    steps: dict[str, dict[str, date]] = field(default_factory=lambda: {step: {} for step in STEPS})

    def day(self, step: str) -> date | None:
        if step == "shared":
            return self.shared
        return min(self.steps[step].values(), default=None)


@dataclass(frozen=True, slots=True)
class Reached:
    """Of a line: how many came so far, None where it is too few members to say; the median of the days since the step before it,
    over ``of`` opportunities that took both in this order, None where they are too few."""

    number: int | None
    days: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """``first`` and ``last``: the months that it is about, as their first days."""

    first: date
    last: date
    shared: int
    steps: Mapping[str, Reached]


@dataclass(frozen=True, slots=True)
class Table:
    """``lines`` oldest first; none, and no ``total``, where fewer than ``LEAST`` were shared."""

    lines: list[Line]
    total: Line | None


def ways(conn: Connection, circles: Circles, reader: str | None) -> list[Way]:
    """Of everything that was shared; with a ``reader``, of what this member may see."""
    stewards = {
        row.id: row.steward_id
        for row in stored.standing(conn)
        if row.status in LISTED and not row.arriving and (reader is None or may_see(row, reader, circles))
    }
    into = stored.survivors(conn)
    found: dict[str, Way] = {}
    pledges: dict[tuple[str, str], date] = {}
    said: dict[tuple[str, str], dict[str, Any]] = {}
    for day, id, member, moved in stored.moves(conn):
        id = into.get(id, id)
        if moved.get("status", [None, None])[1] in LISTED and id in stewards and id not in found:
            found[id] = Way(day)
        if moved.keys() - {"status"}:
            who = (id, member)
            position = said.setdefault(who, {})
            position |= {path: pair[1] for path, pair in moved.items()}
            if position.get("commitment.stage") in PLEDGES and position.get("commitment.visibility") in DISCLOSED:
                pledges.setdefault(who, day)
            else:
                pledges.pop(who, None)
    seen = [("pledged", id, member, day) for (id, member), day in pledges.items()]
    seen += [("opened", id, member, date.fromisoformat(day)) for id, member, day in stored.openings(conn)]
    seen += [("taken_up", id, member, at.date()) for id, member, at in stored.copies(conn)]
    for step, id, member, day in seen:
        id = into.get(id, id)
        if id in found and member != stewards[id]:
            taken = found[id].steps[step]
            taken[member] = min(day, taken.get(member, day))
    return list(found.values())


def table(found: Iterable[Way]) -> Table:
    """By the months in which they were shared."""
    months: dict[date, list[Way]] = {}
    for way in found:
        months.setdefault(way.shared.replace(day=1), []).append(way)
    groups: list[tuple[date, date, list[Way]]] = []
    for month in sorted(months):
        if groups and len(groups[-1][2]) < LEAST:
            first, _last, before = groups.pop()
            groups.append((first, month, before + months[month]))
        else:
            groups.append((month, month, months[month]))
    if len(groups) > 1 and len(groups[-1][2]) < LEAST:
        _first, last, few = groups.pop()
        first, _last, before = groups.pop()
        groups.append((first, last, before + few))
    if not groups or len(groups[-1][2]) < LEAST:
        return Table([], None)
    lines = [_line(*group) for group in groups]
    everything = _line(groups[0][0], groups[-1][1], [way for _f, _l, ways in groups for way in ways])
    hidden = {step: sum(line.steps[step].number is None for line in lines) for step in STEPS}
    # One hidden number among shown ones is what they lack of the whole.
    steps = {step: everything.steps[step] if hidden[step] != 1 else Reached(None, None) for step in STEPS}
    return Table(lines, Line(everything.first, everything.last, everything.shared, steps))


def _line(first: date, last: date, ways: list[Way]) -> Line:
    before = dict(zip(STEPS, ("shared", *STEPS), strict=False))
    return Line(first, last, len(ways), {step: _reached(ways, step, before[step]) for step in STEPS})


def _reached(ways: list[Way], step: str, before: str) -> Reached:
    came = [way for way in ways if way.steps[step]]
    members = {member for way in came for member in way.steps[step]}
    if came and len(members) < ACTORS:
        return Reached(None, None)
    days = [(after - first).days for way in came if (after := way.day(step)) and (first := way.day(before))]
    forward = [number for number in days if number >= 0]
    return Reached(len(came), median(forward) if len(forward) >= LEAST else None)
