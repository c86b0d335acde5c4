"""What the reader marked for a later look; nobody else sees it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub import access
from hub.store import bookmarks, members, merged, opportunities
from hub.web.guard import hub, me
from hub.web.listing import Column, as_file, listed, wants_file
from hub.web.show import words

pages = Blueprint("bookmarks", __name__)


@pages.get("/bookmarks")
def all() -> Response | str:
    """What is not shown to the reader any more is left out; what went into another shows as that."""
    user = me()
    with hub().reading() as conn:
        ids = bookmarks.everything(conn, user.id)
        into = merged.survivors(conn, ids)
        ids = list(dict.fromkeys(into.get(id, id) for id in ids))
        rows, names = opportunities.peek(conn, ids), members.names(conn)
        positions = opportunities.commitments(conn, ids)
        seen = [rows[id] for id in ids if id in rows and access.sees_opportunity(user, rows[id], hub().config.circles)]
        found = [(row, hub().view(row, positions.get(row.id, {}), access.private(user), names)) for row in seen]
    listing = listed(found, _columns())
    return as_file(listing, "bookmarks") if wants_file() else render_template("bookmarks.html", list=listing)


def _columns() -> dict[str, Column]:
    def said(path: str) -> Any:
        return lambda each: words(path, each[1].get(path)) or None

    return {
        "title": Column(_("Title"), lambda each: each[0].title),
        "organisation": Column(_("Organisation"), said("organization.name")),
        "gap": Column(_("Still open"), None, said("totals.gap")),  # amounts of several currencies have no order
        "status": Column(_("Status"), said("status")),
        "steward": Column(_("Shared by"), said("steward")),
    }


@pages.post("/opportunities/<opportunity_id>/bookmark")
def mark(opportunity_id: str) -> Response:
    on = request.form.get("marked", "yes") == "yes"
    with hub().writing() as conn:
        row = opportunities.peek(conn, [opportunity_id]).get(opportunity_id)
        if row is None or not access.sees_opportunity(me(), row, hub().config.circles):
            abort(404)
        if on:
            bookmarks.mark(conn, me().id, row.id, hub().time.now())
        else:
            bookmarks.unmark(conn, me().id, row.id)
            for gone in merged.into(conn, row.id):
                bookmarks.unmark(conn, me().id, gone)
    flash(_("Marked. You find it under Bookmarks.") if on else _("Not marked any more."), "status")
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id), 303)
