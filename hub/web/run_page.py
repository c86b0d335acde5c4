"""What the page of one run shows: how far it is, what it changed, what it could not, and what did not happen."""

from __future__ import annotations

from typing import Any

from flask_babel import format_decimal, format_timedelta
from flask_babel import gettext as _

from hub import access
from hub.config import ConnectionConfig
from hub.store import happened, lists
from hub.store.tables import Audit, Run
from hub.web import standing
from hub.web.guard import hub, me
from schemas.fields import UnknownPath, spec

PHASES = ("recover", "pull", "judge", "between", "push")
CURSOR = 80
"""Characters of a position that are shown."""


def shown(run: Run, config: ConnectionConfig) -> dict[str, Any]:
    """What the template needs. Values only for who may see them."""
    open_values, now = access.sees_values(me(), config), hub().time.now()
    until = run.ended_at or now
    with hub().reading() as conn:
        changes = lists.changes_of_run(conn, run.id)
        opened = happened.conflicts_of(conn, run, until, lists.MOST) if open_values else []
        aside = happened.set_aside(conn, run, until) if open_values else []
        hold = happened.hold_of(conn, run.connection_id)
    return {
        "run": run,
        "config": config,
        "word": standing.of_run(run),
        "sentence": standing.sentence,
        "changes": [_change(row, open_values) for row in changes[: lists.MOST]],
        "more": len(changes) > lists.MOST,
        "most": lists.MOST,
        "open_values": open_values,
        "opened": opened,
        "aside": aside,
        "hold": hold if hold is not None and hold.run_id == run.id else None,
        "step": PHASES.index(run.phase) + 1 if run.phase in PHASES else 1,
        "steps": len(PHASES),
        "progress": _progress(run),
        "took": format_timedelta(until - run.started_at, granularity="second", threshold=3),
        "positions": _positions(run) if access.may(me(), "connections.act") else None,
    }


def _progress(run: Run) -> str:
    counts = run.counts or {}
    read, written = (
        format_decimal(counts.get("read", 0)),
        format_decimal(counts.get("pushed", 0) + counts.get("pushed_new", 0)),
    )
    return {
        "recover": _("Looking what became of an earlier run"),
        "pull": _("Reading: %(read)s records so far", read=read),
        "judge": _("Weighing what %(read)s records would change", read=read),
        "between": _("Waiting for the other connections to be read"),
        "push": _("Writing: %(written)s records so far", written=written),
    }.get(run.phase, run.phase)


def _positions(run: Run) -> tuple[str, str] | None:
    """The place in the system's feed before and after."""
    before, after = run.cursor_before or "", run.cursor_after or ""
    return (before[:CURSOR], after[:CURSOR]) if before or after else None


def _change(row: Any, open_values: bool) -> tuple[Audit, dict[str, list[Any]]]:
    """A line of the audit and the values of it that this reader may see."""
    values = row.values or {}
    return row, {path: pair for path, pair in values.items() if open_values or _shared(path)}


def _shared(path: str) -> bool:
    try:
        return spec(path).authority != "member" and spec(path).cls != "never"
    except UnknownPath:
        return False
