"""What the page of one run shows: how far it is, what it changed, what it could not, and what did not happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import format_decimal, format_timedelta
from flask_babel import gettext as _
from sqlalchemy import Connection

from hub import access
from hub.config import ConnectionConfig
from hub.store import connections, happened, lists, people, runs
from hub.store.tables import Audit, Run
from hub.web import standing
from hub.web.guard import hub, me
from hub.web.show import who_did
from schemas.fields import UnknownPath, spec

PHASES = ("recover", "pull", "judge", "between", "push")
CURSOR = 80
"""Characters of a position that are shown."""
CUT_SHORT = frozenset({"incomplete", "interrupted", "cancelled", "failed"})
Tab = dict[str, Any]


def shown(run: Run, config: ConnectionConfig, tab: str) -> dict[str, Any]:
    """What the template needs. Values only for who may see them; of the tabs only what the chosen one shows."""
    now = hub().time.now()
    tabs = tabs_of(config)
    tab = tab if tab in tabs else "changes"
    with hub().reading() as conn:
        hold = happened.hold_of(conn, run.connection_id)
        asked = run.state == "running" and connections.get(conn, run.connection_id).cancel_fence == run.fence
        line = happened.cancelled_by(conn, run) if asked or run.state == "cancelled" else None
        ended_by = who_did(line, people.names(conn)) if line is not None else ""
        content = tabs[tab][1](conn, run, config)
    return {
        "run": run,
        "config": config,
        "word": standing.of_run(run),
        "sentence": standing.sentence,
        "tabs": {name: title for name, (title, _content) in tabs.items()},
        "tab": tab,
        "most": lists.MOST,
        "open_values": access.sees_values(me(), config),
        "hold": hold if hold is not None and hold.run_id == run.id else None,
        "step": PHASES.index(run.phase) + 1 if run.phase in PHASES else 1,
        "steps": len(PHASES),
        "progress": _progress(run),
        "cancelled": asked,
        "ended_by": ended_by,
        "may_cancel": run.state == "running" and not asked and access.may(me(), "connections.cancel"),
        "left_undone": _left_undone(run) if run.state in CUT_SHORT else "",
        "took": format_timedelta((run.ended_at or now) - run.started_at, granularity="second", threshold=3),
        **content,
    }


def tabs_of(config: ConnectionConfig) -> dict[str, tuple[str, Callable[[Connection, Run, ConnectionConfig], Tab]]]:
    """The parts of the page that this reader may open, each with its name and what fills it."""
    tabs = {"changes": (_("Changes"), _changes)}
    if access.sees_values(me(), config):
        tabs |= {"rejected": (_("Rejected"), _rejected), "conflicts": (_("Conflicts opened"), _conflicts)}
    if "admin" in me().roles and config.member == me().member_id:
        tabs["requests"] = (_("Requests"), _requests)
    return tabs | {"log": (_("Log"), _log)}


def _changes(conn: Connection, run: Run, config: ConnectionConfig) -> Tab:
    changes, open_values = lists.changes_of_run(conn, run.id), access.sees_values(me(), config)
    shown = [_change(row, open_values) for row in changes[: lists.MOST]]
    return {"changes": shown, "more": len(changes) > lists.MOST}


def _rejected(conn: Connection, run: Run, config: ConnectionConfig) -> Tab:
    """What the hub could not translate, and what the system would not take."""
    until = run.ended_at or hub().time.now()
    refused = happened.refused(conn, config.name) if (run.counts or {}).get("rejected") else []
    return {"aside": happened.set_aside(conn, run, until), "refused": refused}


def _conflicts(conn: Connection, run: Run, config: ConnectionConfig) -> Tab:
    return {"opened": happened.conflicts_of(conn, run, run.ended_at or hub().time.now(), lists.MOST)}


def _requests(conn: Connection, run: Run, config: ConnectionConfig) -> Tab:
    return {"calls": runs.calls_of(conn, run.id), "days": hub().config.retention.requests}


def _log(conn: Connection, run: Run, config: ConnectionConfig) -> Tab:
    positions = _positions(run) if access.may(me(), "connections.act") else None
    lines = [(row.at, row.action, row.remote_id) for row in lists.changes_of_run(conn, run.id)]
    others = ((_("Unchanged"), "unchanged"), (_("Not shared, not linked: passed over"), "not_shared"))
    return {"lines": lines, "counts": standing.counted(run.counts, *others), "positions": positions}


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


def _left_undone(run: Run) -> str:
    """What a run that was cut short did not come to."""
    if run.phase in ("recover", "pull"):
        return _("Not everything was read, so no record was taken for deleted, and nothing was written to %(where)s.",
                 where=run.connection_id)  # fmt: skip
    if run.phase == "push":
        return _("Everything was read; not everything was written to %(where)s.", where=run.connection_id)
    return _("Everything was read, and nothing was written to %(where)s.", where=run.connection_id)


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
