"""Importing by hand: look at what would be written, say what only a person knows, then have it done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connectors.contract import ConnectorError
from hub import access
from hub.commons import imports
from hub.commons.imports import Choices, Refusal
from hub.config import Follow
from hub.languages import tell
from hub.store import links, opportunities
from hub.store.tables import Commitment, Opportunity
from hub.sync import following, preview
from hub.sync.likely import Likely
from hub.sync.preview import Preview
from hub.web.guard import hub, me, own_connections

pages = Blueprint("importing", __name__)
MOST = 50
"""Opportunities that are imported at once: one page of the list."""
FOLLOW = ("yes", "ask", "no")
REFERENCE = "organisation:"


def targets() -> list[str]:
    """Own connections that this reader may import into."""
    if not access.may(me(), "importing.preview"):
        return []
    return [name for name in own_connections(me()) if imports.writes(hub(), name)]


def inboxes() -> list[str]:
    """Own inboxes that this reader's searches may fill."""
    if not access.may(me(), "searches.save"):
        return []
    return [c.name for c in own_connections(me()).values() if c.inbox_for]


def follow_words() -> dict[str, str]:
    return {
        "yes": _("yes: changed facts are written there"),
        "ask": _("ask: changed facts wait for one of us"),
        "no": _("no: the facts stay as they are there"),
    }


def _target(connection: str) -> str:
    """404 for another foundation's, and for one that the hub may only read."""
    return connection if connection in own_connections(me()) and imports.writes(hub(), connection) else abort(404)


def _visible(conn: Connection, ids: list[str]) -> list[tuple[Opportunity, dict[str, Commitment]]]:
    """In the order asked; what this reader may not see is not there."""
    rows, positions = opportunities.load(conn, ids), opportunities.commitments(conn, ids)
    seen = [rows[id] for id in ids if id in rows and access.sees_opportunity(me(), rows[id], hub().config.circles)]
    return [(row, positions.get(row.id, {})) for row in seen]


def _one(opportunity_id: str) -> tuple[Opportunity, dict[str, Commitment]]:
    with hub().reading() as conn:
        found = _visible(conn, [opportunity_id])
    return found[0] if found else abort(404)


def _page(opportunity_id: str) -> Response:
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id), 303)


# --- one ---------------------------------------------------------------------


@pages.get("/opportunities/<opportunity_id>/import/<connection>", endpoint="preview")
def look(opportunity_id: str, connection: str) -> str | Response:
    """What would be written, from its system's own answers where it gives them. Changes nothing anywhere."""
    name = _target(connection)
    row, positions = _one(opportunity_id)
    try:
        with hub().reading() as conn:
            imports.need_placeable(conn, hub(), row, name)
    except Refusal as error:
        flash(tell(str(error)), "problem")
        return _page(row.id)
    seen, broken = None, ""
    try:
        with preview.reader(hub(), name) as reader:
            seen = preview.preview(reader, row, positions, me().id)
    except ConnectorError as error:
        broken = tell(str(error))
    config = hub().config.connections[name]
    return render_template(
        "import.html", row=row, name=name, seen=seen, broken=broken or (seen.silent if seen else ""),
        follow=config.follow, follow_words=follow_words(), reference=REFERENCE,
    )  # fmt: skip


@pages.post("/opportunities/<opportunity_id>/import/<connection>")
def decide(opportunity_id: str, connection: str) -> Response:
    name = _target(connection)
    row, _positions = _one(opportunity_id)
    form = request.form
    word, _sep, record = form.get("same", "create").partition(":")
    if word not in ("create", "link"):
        abort(400)
    said = {key.removeprefix(REFERENCE): choice for key, choice in form.items() if key.startswith(REFERENCE)}
    try:
        imports.pick(hub(), row.id, name, me().id, Choices(_follow(), record if word == "link" else None, said))
        if word == "link":
            flash(_("With its next sync %(name)s's record is this opportunity's.", name=name), "status")
        else:
            flash(_("It will be in %(connection)s after its next sync.", connection=name), "status")
    except Refusal as error:
        flash(tell(str(error)), "problem")
    return _page(row.id)


def _follow() -> Follow:
    """What the form says; 400 for no such word."""
    word = request.form.get("follow", "yes")
    return cast(Follow, word) if word in FOLLOW else abort(400)


@pages.post("/opportunities/<opportunity_id>/follow/<connection>")
def follow(opportunity_id: str, connection: str) -> Response:
    if connection not in own_connections(me()):
        abort(404)
    row, _positions = _one(opportunity_id)
    with hub().reading() as conn:
        link = links.by_opportunity(conn, connection, [row.id]).get(row.id)
    if link is None or link.state == "stopped" or row.steward_id == me().member_id:
        abort(404)
    following.choose(hub(), link, _follow(), me().id)
    flash(_("From now on so. What has waited is decided by it with the next sync."), "status")
    return _page(row.id)


# --- several -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One of several. ``state``: new, likely, unknown (nobody could look), cannot; ``why`` in words."""

    row: Opportunity
    state: str
    why: str = ""
    alike: tuple[Likely, ...] = ()


@pages.get("/opportunities/import")
def several() -> str | Response:
    """What importing these would do, before it is done; what may be there already comes first."""
    name = _target(request.args.get("connection", ""))
    ids = list(dict.fromkeys(request.args.getlist("pick")))[:MOST]
    if not ids:
        flash(_("Tick the opportunities to import first."), "problem")
        return redirect(url_for("opportunities.all"), 303)
    with hub().reading() as conn:
        found = _visible(conn, ids)
        refused = {row.id: _why_not(conn, row, name) for row, _positions in found}
    order = ("likely", "unknown", "new", "cannot")
    lines = sorted(_compared(name, found, refused), key=lambda line: order.index(line.state))
    return render_template(
        "import_several.html", name=name, lines=lines, follow_words=follow_words(),
        follow=hub().config.connections[name].follow,
        counts={state: sum(line.state == state for line in lines) for state in ("new", "likely", "unknown", "cannot")},
    )  # fmt: skip


def _why_not(conn: Connection, row: Opportunity, name: str) -> str:
    try:
        imports.need_placeable(conn, hub(), row, name)
    except Refusal as error:
        return tell(str(error))
    return ""


def _compared(name: str, found: list[tuple[Opportunity, dict[str, Commitment]]], refused: dict[str, str]) -> list[Line]:
    """Once the system has not answered it is not asked again for the rest of the page."""
    lines: list[Line] = []
    silent = ""
    try:
        with preview.reader(hub(), name) as reader:
            for row, positions in found:
                if refused[row.id]:
                    lines.append(Line(row, "cannot", refused[row.id]))
                elif silent:
                    lines.append(Line(row, "unknown", silent))
                else:
                    seen = preview.compared(reader, row, positions, me().id)
                    silent = seen.silent
                    lines.append(_line(row, seen))
    except ConnectorError as error:
        silent = tell(str(error))
    done = {line.row.id for line in lines}
    rest = [row for row, _positions in found if row.id not in done]
    return lines + [
        Line(row, "cannot", refused[row.id]) if refused[row.id] else Line(row, "unknown", silent) for row in rest
    ]


def _line(row: Opportunity, seen: Preview) -> Line:
    if seen.silent:
        return Line(row, "unknown", seen.silent)
    if seen.alike is None:
        return Line(row, "unknown", _("This system cannot be searched for it."))
    return Line(row, "likely", alike=tuple(seen.alike)) if seen.alike else Line(row, "new")


@pages.post("/opportunities/import")
def take_several() -> Response:
    """Exactly the ticked ones. What was refused meanwhile is named."""
    name, wish = _target(request.form.get("connection", "")), Choices(_follow())
    ids = list(dict.fromkeys(request.form.getlist("pick")))[:MOST]
    with hub().reading() as conn:
        rows = [row for row, _positions in _visible(conn, ids)]
    done = 0
    for row in rows:
        try:
            imports.pick(hub(), row.id, name, me().id, wish)
            done += 1
        except Refusal as error:
            flash(tell(str(error)), "problem")
    if done:
        said = ngettext(
            "%(num)s opportunity will be in %(name)s after its next sync.",
            "%(num)s opportunities will be in %(name)s after its next sync.",
            done, name=name,
        )  # fmt: skip
        flash(said, "status")
    elif not rows:
        flash(_("Nothing was ticked, so nothing is imported."), "problem")
    return redirect(url_for("opportunities.all"), 303)
