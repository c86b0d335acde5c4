"""Deleting what is only of use for a while, in small batches. What decides, what happened and what people said stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, tuple_, update

from hub.retention import Retention
from hub.store import tables

BATCH = 500
"""Rows of one transaction, so that no sync waits for it."""


def _t(model: Any) -> Any:
    return model.__table__


run, hold, intent = _t(tables.Run), _t(tables.Hold), _t(tables.Intent)
quarantine, message, invitation = _t(tables.Quarantine), _t(tables.Message), _t(tables.Invitation)
session, attempt, hint = _t(tables.Session), _t(tables.SignInAttempt), _t(tables.Hint)
calls = _t(tables.RunCalls)
pending, opportunity = _t(tables.Pending), _t(tables.Opportunity)

DAY = timedelta(days=1)
"""What signed somebody in is of no use after so long, however it is set."""
UNDECIDED = ("waiting", "approved")


def past(kept: Retention, now: datetime) -> Iterator[tuple[str, Any, Any]]:
    """What goes: its name for people, its table, and which rows."""

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    runs = ago(kept.runs)
    newest = (
        select(func.max(run.c.started_at).label("at"), run.c.connection_id).group_by(run.c.connection_id).subquery()
    )
    last = select(run.c.id).join(
        newest, (newest.c.connection_id == run.c.connection_id) & (newest.c.at == run.c.started_at)
    )
    needed = (
        last,
        select(pending.c.run_id),
        select(opportunity.c.arriving).where(opportunity.c.arriving.is_not(None)),
        select(hold.c.run_id).where(hold.c.state.in_(UNDECIDED)),
    )
    ended = (run.c.ended_at < runs) & run.c.state.not_in(("running", "held"))
    settled = hold.c.state.not_in(UNDECIDED)
    yield "holds", hold, settled & (func.coalesce(hold.c.decided_at, hold.c.at) < runs)
    held_past = (run.c.ended_at < runs) & (run.c.state == "held")
    unneeded = [run.c.id.not_in(one) for one in needed]
    yield "runs", run, or_(ended, held_past) & unneeded[0] & unneeded[1] & unneeded[2] & unneeded[3]
    yield "requests of runs", calls, calls.c.at < ago(kept.requests)
    yield "writes", intent, (intent.c.state != "open") & (intent.c.opened_at < runs)
    yield (
        "set-aside records",
        quarantine,
        (quarantine.c.state == "released") & (quarantine.c.last_seen_at < ago(kept.quarantine)),
    )
    yield "mails", message, (message.c.state != "waiting") & (message.c.ended_at < ago(kept.mails))
    yield "sessions", session, session.c.seen_at < now - DAY
    yield "sign-ins", attempt, attempt.c.at < ago(kept.sign_ins)
    yield "webhooks", hint, hint.c.at < ago(kept.hooks)
    over = (invitation.c.state != "open") | (invitation.c.expires_at < now)
    yield "invitations", invitation, over & (invitation.c.at < ago(kept.invitations))


def drop(conn: Connection, table: Any, rows: Any) -> int:
    """Delete at most a batch of these; how many it was."""
    key = list(table.primary_key.columns)
    ids = conn.execute(select(*key).where(rows).limit(BATCH)).all()
    if ids:
        conn.execute(delete(table).where(tuple_(*key).in_([tuple(id) for id in ids])))
    return len(ids)


def blank(conn: Connection, kept: Retention, now: datetime) -> int:
    """Records set aside that were not shown for so long keep their place and reason; what they said goes."""
    old = quarantine.c.fields.is_not(None) & (quarantine.c.last_seen_at < now - timedelta(days=kept.quarantine))
    ids = conn.scalars(select(quarantine.c.id).where(old).limit(BATCH)).all()
    if ids:
        conn.execute(update(quarantine).where(quarantine.c.id.in_(ids)).values(fields=None))
    return len(ids)
