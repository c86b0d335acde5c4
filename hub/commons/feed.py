"""What changed for one member, in the order in which it was written down.

The feed is read off the audit. A position says nothing to others before it is disclosed, so a change of a hidden one is no
change for them. What an unjudged run changed waits: the position in the feed does not pass it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.commons import since
from hub.commons.ledger import NOTE, discloses
from hub.commons.sharing import LISTED, Circles, may_see
from hub.store import feed, merged, opportunities, restored
from hub.store.tables import Audit, Commitment, Opportunity

SHOWING = ("commitment.visibility", "commitment.stage")
"""What decides whether others may know of a position."""


class UnknownPosition(LookupError):
    """This place in the feed is none that the hub gave out. Read everything anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """One opportunity that changed, as it is now. ``row`` is None where it is no longer there for this member: ``survivor``
    is then the one that it went into, if the member may see that."""

    id: str
    row: Opportunity | None
    survivor: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """``next`` goes on within this reading where there is ``more``; ``keep`` is what to begin the next reading with."""

    changes: list[Change]
    next: int
    keep: int
    more: bool


def position(conn: Connection, settled: Callable[[Connection], int | None]) -> int:
    """Where somebody stands who read everything just now."""
    return _held_back(conn, feed.last(conn), settled)


def read(
    conn: Connection, member: str, circles: Circles, after: int, limit: int,
    settled: Callable[[Connection], int | None],
) -> Stretch:  # fmt: skip
    """At most ``limit`` lines of the audit further. Raises ``UnknownPosition``.

    ``settled``: the first line that could still be preceded by one of a transaction under way, None where lines become
    visible in their order.
    """
    if after > feed.last(conn) or restored.lost(conn, after):
        raise UnknownPosition(f"No change has the number {after}.")
    lines = feed.lines(conn, after, limit)
    ids = {str(line.opportunity_id) for line in lines}
    rows, positions = opportunities.peek(conn, ids), opportunities.commitments(conn, ids)
    waiting, gone = feed.waiting(conn, ids), merged.survivors(conn, ids)
    found: dict[str, Change] = {}
    for line in lines:
        id = str(line.opportunity_id)
        row = rows.get(id)
        if row is None or id in waiting or not _concerns(line, member, positions.get(id, {})):
            continue
        if id in gone:
            if may_see(row, member, circles):
                found[id] = Change(id, None, _visible(conn, gone[id], member, circles))
        elif may_see(row, member, circles):
            found[id] = Change(id, row)
        elif row.status in LISTED and _hands_on(line) and line.id in _endings(conn, row, member, circles):
            found[id] = Change(id, None)
    last = int(lines[-1].id or 0) if lines else after
    more = len(lines) == limit
    return Stretch(list(found.values()), last, min(_held_back(conn, last, settled), last), more)


def told(conn: Connection, row: Opportunity, member: str, circles: Circles) -> bool:
    """Whether a member that may not see it now was ever told of it: only then it may learn that it is gone."""
    if row.status not in LISTED:
        return False
    return bool(_endings(conn, row, member, circles))


def _concerns(line: Audit, member: str, positions: Mapping[str, Commitment]) -> bool:
    values = line.values or {}
    if line.member_id == member or not values or not all(path.startswith("commitment.") for path in values):
        return True
    position = positions.get(line.member_id or "")
    now: Mapping[str, Any] = position.facts if position is not None else {}
    before, after = ({path: values.get(path, [now.get(path)] * 2)[at] for path in SHOWING} for at in (0, 1))
    return any(path != NOTE for path in values) and (discloses(before) or discloses(after))


def _hands_on(line: Audit) -> bool:
    """Whether it may have ended that it was there for somebody."""
    return not {"audience", "steward_id"}.isdisjoint(line.values or {})


def _endings(conn: Connection, row: Opportunity, member: str, circles: Circles) -> set[int]:
    """The lines that ended that it was there for this member."""
    lines = reversed(feed.of(conn, row.id))
    return {int(line.id) for line, before, after in since.there(row, lines, member, circles) if before and not after}


def _visible(conn: Connection, id: str, member: str, circles: Circles) -> str | None:
    row = opportunities.peek(conn, [id]).get(id)
    return id if row is not None and may_see(row, member, circles) else None


def _held_back(conn: Connection, last: int, settled: Callable[[Connection], int | None]) -> int:
    """Not past what waits for a judge, nor past what other transactions may still put in between."""
    bounds = [feed.first_waiting(conn), settled(conn)]
    return min([last, *(bound - 1 for bound in bounds if bound is not None)])
