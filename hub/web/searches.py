"""Saved searches: what the reader's foundation looks for, and into which inbox it goes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.commons.looked_for import in_words
from hub.store import members, opportunities
from hub.store import searches as kept
from hub.store.tables import SavedSearch
from hub.web.guard import hub, me, own_connections
from hub.web.typed import countries
from schemas.codes import CODES
from schemas.themes import THEMES

pages = Blueprint("searches", __name__)
SHOWN = 50


def _inboxes() -> list[str]:
    return [c.name for c in own_connections(me()).values() if c.inbox_for]


@pages.get("/searches")
def all() -> str:
    return _page({}, "")


def _page(typed: dict[str, Any], problem: str) -> str:
    with hub().reading() as conn:
        found = kept.of_member(conn, me().member_id)
    rows = [(search, in_words(Criteria.of(search.criteria))) for search in found]
    return render_template(
        "searches.html", rows=rows, inboxes=_inboxes(), themes=CODES["theme"], kinds=CODES["kind"], typed=typed, problem=problem
    )  # fmt: skip


@pages.post("/searches")
def save() -> Response | tuple[str, int]:
    """What was typed is shown again where it cannot be used."""
    form = request.form
    try:
        criteria = Criteria(
            kind=form.get("kind") or None,
            themes=tuple(form.getlist("themes")),
            countries=countries(form.get("countries", "")),
            text=form.get("text", "").strip(),
        )
        if set(criteria.themes) - THEMES.keys() or criteria.kind not in (None, *CODES["kind"]):
            abort(400)
        searches.save(hub(), me().member_id, form.get("name", ""), criteria, form.get("inbox") or None, me().id)
    except ValueError as error:
        return _page(form.to_dict() | {"themes": form.getlist("themes")}, str(error)), 422
    flash(
        _("Saved. What it finds comes into the inbox with its next sync.") if form.get("inbox") else _("Saved."),
        "status",
    )
    return redirect(url_for("searches.all"), 303)


@pages.get("/searches/<search_id>")
def one(search_id: str) -> str:
    """What it finds now."""
    search = _own(search_id)
    with hub().reading() as conn:
        names = members.names(conn)
        rows = searches.find(conn, hub(), me().member_id, Criteria.of(search.criteria), SHOWN)
        positions = opportunities.commitments(conn, [row.id for row in rows])
        found = [(row, hub().view(row, positions.get(row.id, {}), me().member_id, names)) for row in rows]
    words = in_words(Criteria.of(search.criteria))
    return render_template("search.html", search=search, words=words, rows=found, most=SHOWN)


@pages.post("/searches/<search_id>/drop")
def drop(search_id: str) -> Response:
    if not searches.drop(hub(), search_id, me().member_id, me().id):
        abort(404)
    flash(_("It looks for nothing more. What it has found stays where it is."), "status")
    return redirect(url_for("searches.all"), 303)


def _own(search_id: str) -> SavedSearch:
    with hub().reading() as conn:
        search = kept.get(conn, search_id)
    return search if search is not None and search.member_id == me().member_id else abort(404)
