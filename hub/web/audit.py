"""Who did what, line by line: what an administrator shows to those who ask. Names of fields and never their values, which stand
on the pages of opportunities and runs for those who may see them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, abort, render_template, request, stream_with_context
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from connectors.spreadsheet.formula import marked
from hub import access
from hub.store import audit, opportunities, people, sealing
from hub.store.tables import Audit, Opportunity
from hub.web.guard import hub, me, my_connections
from hub.web.listing import csv_of
from hub.web.show import label, who_did

pages = Blueprint("audit", __name__)
SHOWN, AT_ONCE = 100, 1000
HEADINGS = ("line", "at", "who", "what", "direction", "connection", "record", "opportunity", "fields", "run")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. Days are whole ones, of UTC."""

    connection: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None

    @staticmethod
    def of(args: MultiDict[str, str]) -> Wanted:
        """Abort with 400 for a day that is none, 404 for a connection of somebody else's."""
        name = args.get("connection", "")
        if name and name not in my_connections(me()):
            abort(404)
        try:
            first, last = (date.fromisoformat(args[n]) if args.get(n) else None for n in ("first", "last"))
            before = int(args["before"]) if args.get("before") else None
            return Wanted(name, first, last, before)
        except ValueError:
            abort(400, _("Write a day like 2026-03-31."))


@dataclass(frozen=True, slots=True)
class Line:
    row: Audit
    who: str
    fields: tuple[str, ...]
    title: str
    """Of the opportunity, where the reader may see it."""


@pages.get("/audit")
def page() -> str:
    wanted = Wanted.of(request.args)
    with hub().reading() as conn:
        lines = _lines(conn, wanted, SHOWN + 1)
        seal = sealing.last(conn)
    return render_template(
        "audit.html", lines=lines[:SHOWN], more=lines[SHOWN - 1].row.id if len(lines) > SHOWN else None, wanted=wanted, seal=seal,
        connections=sorted(my_connections(me())),
    )  # fmt: skip


@pages.get("/audit.csv")
def table() -> Response:
    """All that the filters find, in English, safe to open in a spreadsheet program."""
    wanted = Wanted.of(request.args)

    def rows() -> Iterator[str]:
        before = wanted.before
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        while True:
            with hub().reading() as conn:
                lines = _lines(conn, Wanted(wanted.connection, wanted.first, wanted.last, before), AT_ONCE)
            for line in lines:
                row = line.row
                writer.writerow(
                    marked(str(cell if cell is not None else ""))
                    for cell in (row.id, row.at.isoformat(), line.who, row.action, row.direction, row.connection_id,
                                 row.remote_id, line.title, ", ".join(row.values or ()), row.run_id)
                )  # fmt: skip
            yield out.getvalue()
            out.seek(0)
            out.truncate()
            if len(lines) < AT_ONCE:
                return
            before = lines[-1].row.id

    return csv_of(stream_with_context(rows()), "audit")


def _lines(conn: Connection, wanted: Wanted, limit: int) -> list[Line]:
    """An operator's are all; an administrator's are those of the own connections and the own people."""
    user, persons = me(), people.names(conn)
    names: list[str] | None = None if "operator" in user.roles else list(my_connections(user))
    actors = [f"user:{id}" for id, (_name, member) in persons.items() if member == user.member_id]
    if wanted.connection:
        names, actors = [wanted.connection], []
    since, until = _bounds(wanted)
    found = audit.newest(conn, names, actors, since=since, until=until, before=wanted.before, limit=limit)
    there = opportunities.peek(conn, {row.opportunity_id for row in found if row.opportunity_id})
    return [
        Line(
            row, who_did(row, persons), tuple(map(label, row.values or ())), _title(there.get(row.opportunity_id or ""))
        )
        for row in found
    ]


def _title(row: Opportunity | None) -> str:
    return row.title if row is not None and access.sees_opportunity(me(), row, hub().config.circles) else ""


def _bounds(wanted: Wanted) -> tuple[datetime | None, datetime | None]:
    first = datetime.combine(wanted.first, time(), UTC) if wanted.first else None
    last = datetime.combine(wanted.last + timedelta(days=1), time(), UTC) if wanted.last else None
    return first, last
