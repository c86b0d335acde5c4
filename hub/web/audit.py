"""Who did what, line by line: what an administrator shows to those who ask. Names of fields and never their values, which stand
on the pages of opportunities and runs for those who may see them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, Response, abort, render_template, request, stream_with_context
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from connectors.spreadsheet.formula import marked
from hub import access
from hub.store import audit, opportunities, people, sealing
from hub.store.tables import Audit, Opportunity
from hub.web.guard import hub, me, my_connections
from hub.web.listing import SIZES, between, csv_of, day
from hub.web.show import label, who_did

pages = Blueprint("audit", __name__)
AT_ONCE = 1000
MOST = 2000
"""Nobody counts further than this: it would take as long as there are lines."""
HEADINGS = ("line", "at", "who", "what", "direction", "connection", "record", "opportunity", "fields", "run")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. Days are whole ones, of UTC. A page begins ``beyond`` a line: the audit grows at one end while
    somebody reads it, and a million lines back are as near as the first."""

    connection: str = ""
    first: date | None = None
    last: date | None = None
    oldest: bool = False
    beyond: int | None = None

    @staticmethod
    def of(args: MultiDict[str, str]) -> Wanted:
        """Abort with 400 for a day that is none, 404 for a connection of somebody else's."""
        name = args.get("connection", "")
        if name and name not in my_connections(me()):
            abort(404)
        return Wanted(name, day("first"), day("last"), args.get("sort") == "at", args.get("beyond", type=int))

    def address(self, **changes: object) -> dict[str, object]:
        """The same as parts of an address, from its first page on."""
        same = {
            "connection": self.connection,
            "first": self.first,
            "last": self.last,
            "sort": "at" if self.oldest else None,
        }
        return {name: value for name, value in {**same, **changes}.items() if value}

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        return between(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Line:
    row: Audit
    who: str
    fields: tuple[str, ...]
    title: str
    """Of the opportunity, where the reader may see it."""


@pages.get("/audit")
def page() -> str:
    wanted, size = Wanted.of(request.args), request.args.get("size", type=int)
    size = size if size in SIZES else SIZES[-1]
    with hub().reading() as conn:
        lines = _lines(conn, wanted, size + 1)
        count = audit.count(conn, *_whose(wanted, people.names(conn)), *wanted.bounds, MOST + 1)
        seal = sealing.last(conn)
    return render_template(
        "audit.html", lines=lines[:size], more=lines[size - 1].row.id if len(lines) > size else None, wanted=wanted, seal=seal,
        connections=sorted(my_connections(me())), size=size, sizes=SIZES, count=count, most=MOST, at=hub().time.now(),
    )  # fmt: skip


@pages.get("/audit.csv")
def table() -> Response:
    """All that the filters find, in English, safe to open in a spreadsheet program."""
    wanted = Wanted.of(request.args)

    def rows() -> Iterator[str]:
        beyond = None
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        while True:
            with hub().reading() as conn:
                lines = _lines(conn, replace(wanted, beyond=beyond), AT_ONCE)
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
            beyond = lines[-1].row.id

    return csv_of(stream_with_context(rows()), "audit")


def _lines(conn: Connection, wanted: Wanted, limit: int) -> list[Line]:
    persons = people.names(conn)
    names, actors = _whose(wanted, persons)
    since, until = wanted.bounds
    found = audit.listed(
        conn, names, actors, since=since, until=until, beyond=wanted.beyond, oldest=wanted.oldest, limit=limit
    )
    there = opportunities.peek(conn, {row.opportunity_id for row in found if row.opportunity_id})
    return [
        Line(
            row, who_did(row, persons), tuple(map(label, row.values or ())), _title(there.get(row.opportunity_id or ""))
        )
        for row in found
    ]


def _whose(wanted: Wanted, persons: Mapping[str, tuple[str, str]]) -> tuple[list[str] | None, list[str]]:
    """An operator's lines are all; an administrator's are those of the own connections and the own people."""
    user = me()
    if wanted.connection:
        return [wanted.connection], []
    own = [f"user:{id}" for id, (_name, member) in persons.items() if member == user.member_id]
    return (None, []) if "operator" in user.roles else (list(my_connections(user)), own)


def _title(row: Opportunity | None) -> str:
    return row.title if row is not None and access.sees_opportunity(me(), row, hub().config.circles) else ""
