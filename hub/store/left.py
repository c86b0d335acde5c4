"""What there is for a run to do beside what its system brings: asked in one statement at its beginning and in one before it
writes, for most runs find nothing and need none of the steps that would each ask again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, or_, select, union

from hub.store.tables import Connection as ConnectionRow
from hub.store.tables import (
    Deletion,
    Due,
    Hold,
    Intent,
    MatchQuestion,
    Opportunity,
    Pending,
    Quarantine,
    ReferenceQuestion,
    Run,
)
from hub.store.types import Moment
from hub.store.waiting import whole_and_due

connection: Any = ConnectionRow.__table__  # type: ignore[attr-defined]
deletion: Any = Deletion.__table__  # type: ignore[attr-defined]
due: Any = Due.__table__  # type: ignore[attr-defined]
hold: Any = Hold.__table__  # type: ignore[attr-defined]
intent: Any = Intent.__table__  # type: ignore[attr-defined]
match: Any = MatchQuestion.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]
pending: Any = Pending.__table__  # type: ignore[attr-defined]
quarantine: Any = Quarantine.__table__  # type: ignore[attr-defined]
question: Any = ReferenceQuestion.__table__  # type: ignore[attr-defined]
run: Any = Run.__table__  # type: ignore[attr-defined]

_NAME: Any = bindparam("connection")
_NOW: Any = bindparam("now", type_=Moment)
_RUN: Any = bindparam("run")


def _here(table: Any) -> Any:
    return table.c.connection_id == _NAME


def _one_of(column: Any, *values: str) -> Any:
    """The same as ``in_``, which is put together anew each time."""
    return or_(*(column == value for value in values))


def _few(table: Any) -> Any:
    """The same where a connection has very many rows and hardly one in the state that is asked for: without statistics SQLite
    would walk through the former."""
    return func.coalesce(table.c.connection_id, "") == _NAME


def _different(column: Any) -> Any:
    """The values of a column that has an index, by one look for each: a first sync that waits for a person has as many rows as
    records, and one value."""
    found = select(func.min(column).label("value")).cte(f"{column.name}_of_{column.table.name}", recursive=True)
    following = select(func.min(column)).where(column > found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(select(following).select_from(found).where(found.c.value.is_not(None)))
    return select(found.c.value).where(found.c.value.is_not(None))


_runs = union(_different(pending.c.run_id), _different(opportunity.c.arriving))
_unjudged = run.c.id.in_(_runs) & (run.c.state != "held")

_BEGINNING = select(
    exists().where(_here(hold) & (hold.c.state == "waiting")).label("held"),
    exists().where(_few(run) & (run.c.state == "running")).label("running"),
    exists().where(_few(run) & _unjudged).label("unjudged"),
    exists().where(_few(intent) & (intent.c.state == "open")).label("intended"),
    exists().where(_here(match) & _one_of(match.c.state, "linked", "create")).label("answered"),
    exists().where(_here(quarantine) & whole_and_due(_NOW)).label("aside"),
    exists().where(_here(deletion) & _one_of(deletion.c.state, "seen", "look", "told")).label("gone"),
)

_free = ~exists().where((pending.c.opportunity_id == due.c.opportunity_id) & (pending.c.run_id != _RUN))
_ready = or_(due.c.not_before.is_(None), due.c.not_before <= _NOW)

_BEFORE_WRITING = select(
    connection.c.approved,
    connection.c.cancel_fence,
    exists().where(_here(due) & _ready & _free).label("due"),
    exists().where(_here(question) & (question.c.state == "create")).label("to_create"),
).where(connection.c.id == _NAME)


@dataclass(frozen=True, slots=True)
class Left:
    """``held``: a person has to decide first. ``broken``: an earlier run left writes under way, or what nobody judged.
    ``answered``: a person said which record a lost create made. ``aside``: whole records that were set aside and whose time has
    come. ``gone``: records that are gone and not judged yet, or that a person wants looked at."""

    held: bool
    broken: bool
    answered: bool
    aside: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class LeftToWrite:
    """``approved``: the connection's first sync was let go. ``something``: changes to plan, or an organisation to create.
    ``cancel_fence`` as in ``tables.Connection``."""

    approved: bool
    cancel_fence: int | None
    something: bool


def at_beginning(conn: Connection, name: str, now: datetime) -> Left:
    """Asked before the run itself is stored."""
    row = conn.execute(_BEGINNING, {"connection": name, "now": now}).one()
    broken = row.running or row.unjudged or row.intended
    return Left(bool(row.held), bool(broken), bool(row.answered), bool(row.aside), bool(row.gone))


def to_write(conn: Connection, name: str, now: datetime, run_id: str) -> LeftToWrite:
    """What another run that nobody judged has changed is not to be written yet."""
    row = conn.execute(_BEFORE_WRITING, {"connection": name, "now": now, "run": run_id}).one()
    return LeftToWrite(bool(row.approved), row.cancel_fence, bool(row.due or row.to_create))
