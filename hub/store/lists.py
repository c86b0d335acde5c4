"""What the pages list: what waits for a person, connections with their last runs, opportunities. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, literal, or_, select

from hub.commons.sharing import Circles
from hub.store import tables
from hub.store.among import is_one_of
from hub.store.tables import Opportunity
from hub.store.types import Moment
from hub.store.visible import visible

conflict: Any = vars(tables.Conflict)["__table__"]
suggestion: Any = vars(tables.Suggestion)["__table__"]
quarantine: Any = vars(tables.Quarantine)["__table__"]
question: Any = vars(tables.ReferenceQuestion)["__table__"]
match: Any = vars(tables.MatchQuestion)["__table__"]
hold: Any = vars(tables.Hold)["__table__"]
deletion: Any = vars(tables.Deletion)["__table__"]
connection: Any = vars(tables.Connection)["__table__"]
run: Any = vars(tables.Run)["__table__"]
link: Any = vars(tables.Link)["__table__"]
due: Any = vars(tables.Due)["__table__"]
audit: Any = vars(tables.Audit)["__table__"]
merged: Any = vars(tables.Merged)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]

Rows = Sequence[Row[Any]]
EVER = literal(datetime(1, 1, 1, tzinfo=UTC), Moment)
MOST = 500
"""No page shows more rows of one kind; it says so where there are more."""


def conflicts(conn: Connection, names: Collection[str], member_id: str) -> Rows:
    """Open ones of opportunities that are this member's, or have a record in these connections; oldest first."""
    # An opportunity has few records: by its index, not by one look for each of a hundred connections.
    where = func.coalesce(link.c.connection_id, "").in_(list(names))
    here = select(link.c.id).where((link.c.opportunity_id == conflict.c.opportunity_id) & where)
    query = (
        select(conflict, opportunity.c.title, opportunity.c.steward_id)
        .join(opportunity, opportunity.c.id == conflict.c.opportunity_id)
        .where((conflict.c.state == "open") & or_(opportunity.c.steward_id == member_id, here.exists()))
        .order_by(conflict.c.opened_at, conflict.c.id)
        .limit(MOST)
    )
    return conn.execute(query).all()


def deletions(conn: Connection, names: Collection[str]) -> Rows:
    query = (
        select(deletion, opportunity.c.title)
        .join(opportunity, opportunity.c.id == deletion.c.opportunity_id)
        .where(deletion.c.connection_id.in_(list(names)) & (deletion.c.state == "open"))
        .order_by(deletion.c.seen_at)
        .limit(MOST)
    )
    return conn.execute(query).all()


def holds(conn: Connection, names: Collection[str]) -> Rows:
    """Waiting ones, without their items, of which each may have thousands."""
    where = hold.c.connection_id.in_(list(names)) & (hold.c.state == "waiting")
    parts = [column for column in hold.c if column is not hold.c["items"]]
    return conn.execute(select(*parts).where(where).order_by(hold.c.at).limit(MOST)).all()


def quarantined(conn: Connection, names: Collection[str]) -> Rows:
    where = quarantine.c.connection_id.in_(list(names)) & (quarantine.c.state == "open")
    order = (quarantine.c.connection_id, quarantine.c.reason, quarantine.c.remote_id)
    return conn.execute(select(quarantine).where(where).order_by(*order).limit(MOST)).all()


def questions(conn: Connection, names: Collection[str]) -> Rows:
    query = (
        select(question, opportunity.c.title)
        .join(opportunity, opportunity.c.id == question.c.opportunity_id)
        .where(question.c.connection_id.in_(list(names)) & (question.c.state == "open"))
        .order_by(question.c.opened_at)
        .limit(MOST)
    )
    return conn.execute(query).all()


def matches(conn: Connection, names: Collection[str]) -> Rows:
    query = (
        select(match, opportunity.c.title)
        .join(opportunity, opportunity.c.id == match.c.opportunity_id)
        .where(match.c.connection_id.in_(list(names)) & (match.c.state == "open"))
        .order_by(match.c.opened_at)
        .limit(MOST)
    )
    return conn.execute(query).all()


def suggestions(conn: Connection, names: Collection[str], member_id: str) -> Rows:
    """Those that wait to be sent from these connections, and those sent to this member as steward."""
    mine = suggestion.c.connection_id.in_(list(names)) & (suggestion.c.state == "waiting")
    sent = (opportunity.c.steward_id == member_id) & (suggestion.c.state == "sent")
    query = (
        select(suggestion, opportunity.c.title, opportunity.c.steward_id)
        .join(opportunity, opportunity.c.id == suggestion.c.opportunity_id)
        .where(or_(mine, sent))
        .order_by(suggestion.c.at)
        .limit(MOST)
    )
    return conn.execute(query).all()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a connection stands: its row, its last runs (newest first), how many records are linked, whether held; and of
    its opportunities how many wait to be written, are refused by the system, or are in conflict (``conflict``), and how
    many linked ones are none of these (``in_sync``)."""

    row: Any
    runs: Sequence[Any]
    linked: int
    held: bool
    waiting: int = 0
    rejected: int = 0
    conflict: int = 0
    in_sync: int = 0


BRIEF = tuple(connection.c[name] for name in ("id", "member_id", "system", "state", "reason", "due_at", "lease_until", "failures", "last_ok_at"))  # fmt: skip
"""What tells how a connection stands, without what its runs keep there."""


OF_RUN = tuple(run.c[name] for name in ("id", "connection_id", "state", "started_at", "ended_at", "counts", "error"))


class LastRun(NamedTuple):
    id: str
    state: str
    started_at: datetime
    error: str | None


def stands(conn: Connection, names: Collection[str]) -> list[Standing]:
    """In the order of their names, by as little as tells how each stands: its last run, the last one that ended, and no
    counts. For lists of which a page is shown."""
    newest = _ran(conn, names)
    ended = _ran(conn, [name for name, last in newest.items() if last.state == "running"], run.c.state != "running")
    held = holding(conn, names)
    rows = conn.execute(select(*BRIEF).where(connection.c.id.in_(list(names))).order_by(connection.c.id))
    return [
        Standing(row, [last[row.id] for last in (newest, ended) if row.id in last], 0, row.id in held) for row in rows
    ]


def _ran(conn: Connection, names: Collection[str], *only: Any) -> dict[str, LastRun]:
    """The newest run of each, of those that are ``only`` such."""
    parts = (run.c.id, run.c.state, run.c.started_at, run.c.error)
    last = connection.join(run, run.c.id == _last(run.c.id, *only))
    query: Any = select(connection.c.id, *parts).select_from(last).where(is_one_of(conn, connection.c.id, names))
    return {name: LastRun(*found) for name, *found in conn.execute(query)}


def _last(column: Any, *only: Any, before: int = 0) -> Any:
    """Of the connection's newest run; ``before``: of that many before it."""
    query = select(column).where(run.c.connection_id == connection.c.id, *only)
    query = query.order_by(run.c.started_at.desc(), run.c.id.desc()).offset(before).limit(1)
    return query.correlate(connection).scalar_subquery()


def standings(conn: Connection, names: Collection[str], runs: int = 14) -> list[Standing]:
    """In the order of their names, by as many queries for one as for a thousand."""
    rows = conn.execute(select(*BRIEF).where(connection.c.id.in_(list(names))).order_by(connection.c.id)).all()
    linked, held, last = linked_records(conn, names), holding(conn, names), _last_runs(conn, names, runs)
    counted = _counted(conn, names, linked)
    return [Standing(row, last[row.id], linked.get(row.id, 0), row.id in held, *counted[row.id]) for row in rows]


def linked_records(conn: Connection, names: Collection[str]) -> dict[str, int]:
    query = (
        select(link.c.connection_id, func.count())
        .where(link.c.connection_id.in_(list(names)) & (link.c.state == "linked"))
        .group_by(link.c.connection_id)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def holding(conn: Connection, names: Collection[str]) -> set[str]:
    """Those of them that a held run stops."""
    where = hold.c.connection_id.in_(list(names)) & (hold.c.state == "waiting")
    return set(conn.scalars(select(hold.c.connection_id).where(where)))


def _last_runs(conn: Connection, names: Collection[str], number: int) -> defaultdict[str, list[Any]]:
    """So many of each at most, newest first. Rows, for a model of each takes longer than the query."""
    since = _last(run.c.started_at, before=number - 1)
    query = (
        select(*OF_RUN)
        .join(connection, connection.c.id == run.c.connection_id)
        .where(connection.c.id.in_(list(names)) & (run.c.started_at >= func.coalesce(since, EVER)))
        .order_by(run.c.started_at.desc(), run.c.id.desc())
    )
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in conn.execute(query):
        if len(found[row.connection_id]) < number:
            found[row.connection_id].append(row)
    return found


def _counted(
    conn: Connection, names: Collection[str], linked: dict[str, int]
) -> defaultdict[str, tuple[int, int, int, int]]:
    """``waiting, rejected, conflict, in_sync`` of each, by as many queries for one as for a thousand."""
    there = (link.c.connection_id == due.c.connection_id) & (link.c.opportunity_id == due.c.opportunity_id)
    query = (
        select(due.c.connection_id, due.c.error.is_not(None).label("refused"), func.count().label("all"),
               func.count(link.c.id).label("linked"))
        .outerjoin(link, there & (link.c.state == "linked"))
        .where(due.c.connection_id.in_(list(names)))
        .group_by(due.c.connection_id, due.c.error.is_not(None))
    )  # fmt: skip
    waiting, rejected, moving = Counter[str](), Counter[str](), Counter[str]()
    for row in conn.execute(query):
        (rejected if row.refused else waiting)[row.connection_id] = row.all
        moving[row.connection_id] += row.linked
    apart: dict[str, set[str]] = defaultdict(set)
    for id, parties in conn.execute(
        select(conflict.c.opportunity_id, conflict.c.parties).where(conflict.c.state == "open")
    ):
        for party in parties:
            apart[party["connection"]].add(id)
    both = Counter(
        row.connection_id
        for row in conn.execute(
            select(due.c.connection_id, due.c.opportunity_id).where(
                due.c.connection_id.in_(list(names))
                & due.c.opportunity_id.in_(select(conflict.c.opportunity_id).where(conflict.c.state == "open"))
            )
        )
        if row.opportunity_id in apart[row.connection_id]
    )
    found: defaultdict[str, tuple[int, int, int, int]] = defaultdict(lambda: (0, 0, 0, 0))
    for name in names:
        rest = linked.get(name, 0) - moving[name] - len(apart[name]) + both[name]
        found[name] = (waiting[name], rejected[name], len(apart[name]), max(0, rest))
    return found


def states(conn: Connection, names: Collection[str]) -> Rows:
    """``id``, ``state``, ``failures`` and ``due_at`` of each."""
    c = connection.c
    return conn.execute(select(c.id, c.state, c.failures, c.due_at).where(c.id.in_(list(names)))).all()


def changes_of_run(conn: Connection, run_id: str) -> Rows:
    """Its audit rows with the title of each opportunity, in the order in which they happened."""
    query = (
        select(audit, opportunity.c.title)
        .outerjoin(opportunity, opportunity.c.id == audit.c.opportunity_id)
        .where(audit.c.run_id == run_id)
        .order_by(audit.c.id)
        .limit(MOST + 1)
    )
    return conn.execute(query).all()


def history(conn: Connection, opportunity_id: str) -> Rows:
    """Its audit rows, newest first."""
    query = select(audit).where(audit.c.opportunity_id == opportunity_id).order_by(audit.c.id.desc()).limit(MOST)
    return conn.execute(query).all()


def recent(conn: Connection, names: Collection[str], since: datetime, limit: int = 12) -> Rows:
    """What these connections changed, newest first; that a record was tied to it beside says nothing more."""
    theirs = audit.c.connection_id.in_(list(names)) & (audit.c.at >= since) & (audit.c.action != "linked")
    newest = (
        select(audit.c.id).where(theirs).order_by(audit.c.id.desc()).limit(limit)
    )  # no other column is sorted along
    query = (
        select(audit, opportunity.c.title)
        .join(opportunity, opportunity.c.id == audit.c.opportunity_id)
        .where(audit.c.id.in_(newest))
        .order_by(audit.c.id.desc())
    )
    return conn.execute(query).all()


ORDERS: dict[str, Any] = {
    "changed": func.coalesce(opportunity.c.shown_at, opportunity.c.created_at),
    "created": opportunity.c.created_at,
    "title": func.lower(opportunity.c.title),
}
"""``changed``: when something last moved that others may know of: a hidden position moves nothing in this order."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is not a draft, of this ``kind`` or of any where it is "", in one of ``ORDERS``."""

    kind: str = ""
    order: str = "changed"
    descending: bool = True


def shown(
    conn: Connection, member_id: str, circles: Circles, offset: int, limit: int, what: Shown = Shown()
) -> list[Opportunity]:
    """The caller still asks ``sharing.may_see`` for each."""
    order = [ORDERS[what.order], opportunity.c.id]
    query = select(opportunity.c.id).where(_shown(member_id, circles, what.kind))
    query = query.order_by(*(each.desc() if what.descending else each.asc() for each in order))
    ids = list(conn.scalars(query.offset(offset).limit(limit)))  # their facts need not be sorted along
    rows = {row.id: row for row in conn.execute(select(opportunity).where(opportunity.c.id.in_(ids)))}
    return [Opportunity(**rows[id]._mapping) for id in ids]


OWN_ORDERS: dict[str, Any] = {
    "title": func.lower(opportunity.c.title), "status": opportunity.c.status, "audience": opportunity.c.audience,
    "changed": opportunity.c.updated_at,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owned:
    """Opportunities of this steward, of this status or of any; what went into another is that one."""

    steward: str
    status: str = ""

    def where(self) -> Any:
        into = select(merged.c.id).where(merged.c.id == opportunity.c.id)
        found = (opportunity.c.steward_id == self.steward) & opportunity.c.arriving.is_(None) & ~into.exists()
        return found & (opportunity.c.status == self.status) if self.status else found


def count_owned(conn: Connection, owned: Owned) -> int:
    return conn.scalar(select(func.count()).select_from(opportunity).where(owned.where())) or 0


def owned(
    conn: Connection, what: Owned, order: str, descending: bool, offset: int, limit: int | None
) -> list[Opportunity]:
    """In one of ``OWN_ORDERS``, what changed last first where it is "" and among equals."""
    by = [OWN_ORDERS[order].desc() if descending else OWN_ORDERS[order]] if order else []
    query = select(opportunity).where(what.where()).order_by(*by, opportunity.c.updated_at.desc(), opportunity.c.id)
    return [Opportunity(**row._mapping) for row in conn.execute(query.offset(offset).limit(limit))]


def behind(conn: Connection, names: Collection[str], ids: Collection[str]) -> dict[str, int]:
    """How many of these connections have not heard of the last change of each of these opportunities."""
    where = due.c.connection_id.in_(list(names)) & due.c.opportunity_id.in_(list(ids))
    query = select(due.c.opportunity_id, func.count()).where(where).group_by(due.c.opportunity_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def count_shown(conn: Connection, member_id: str, circles: Circles, kind: str = "") -> int:
    return conn.scalar(select(func.count()).select_from(opportunity).where(_shown(member_id, circles, kind))) or 0


def _shown(member_id: str, circles: Circles, kind: str) -> Any:
    found = visible(opportunity, opportunity.c.id, member_id, circles) & (opportunity.c.status != "draft")
    return found & (opportunity.c.kind == kind) if kind else found
