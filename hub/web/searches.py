"""Saved searches: what the reader's foundation looks for, and into which inbox it goes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.commons.looked_for import in_words
from hub.store import members, opportunities
from hub.store import searches as kept
from hub.store.tables import SavedSearch
from hub.web.guard import hub, me
from hub.web.importing import inboxes
from hub.web.listing import Column, Listing, as_file, listed, wants_file
from hub.web.looking import asked, pairs
from hub.web.typed import named

pages = Blueprint("searches", __name__)
SHOWN = 50
NOT_CRITERIA = ("csrf_token", "name", "inbox", "status", "sort")
"""A search looks for what is published, whatever the page that it was saved from showed beside that."""


@pages.get("/searches")
def all() -> Response | str:
    return as_file(_listed(), "searches") if wants_file() else _page({}, "")


def _listed() -> Listing:
    """Each with what it looks for, in words."""
    columns = {
        "name": Column(_("Name"), lambda each: each[0].name),
        "words": Column(_("What it looks for"), lambda each: each[1]),
        "inbox": Column(_("Inbox"), lambda each: each[0].connection_id),
        "made": Column(_("Made"), lambda each: each[0].created_at),
    }
    with hub().reading() as conn:
        found, names = kept.of_member(conn, me().member_id), members.names(conn)
    rows = [(search, in_words(Criteria.of(search.criteria), names)) for search in found]
    return listed(rows, columns, "", ("searches.all", {}))


def _page(typed: dict[str, Any], problem: str, asked_for: list[tuple[str, str]] | None = None) -> str:
    """``asked_for``: what was looked for beyond the fields of this form, which goes along when it is sent again."""
    further = [(name, value) for name, value in asked_for or [] if name not in ("q", "kind", "country", "theme")]
    return render_template(
        "searches.html", list=_listed(), inboxes=inboxes(), themes=named("theme"), kinds=named("kind"), typed=typed, problem=problem,
        further=further,
    )  # fmt: skip


@pages.post("/searches")
def save() -> Response | tuple[str, int]:
    """What was typed is shown again where it cannot be used."""
    form = request.form
    found = asked(MultiDict((n, v) for n, v in form.items(multi=True) if n not in NOT_CRITERIA))
    try:
        if found.problems:
            raise ValueError(" ".join(found.problems.values()))
        searches.save(hub(), me().member_id, form.get("name", ""), found.criteria, form.get("inbox") or None, me().id)
    except ValueError as error:
        sent = found.typed
        typed = {"name": form.get("name", ""), "inbox": form.get("inbox", ""), "text": sent.get("q", ""),
                 "kind": sent.get("kind"), "countries": ", ".join(sent.getlist("country")), "themes": sent.getlist("theme")}  # fmt: skip
        return _page(typed, str(error), found.pairs), 422
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
    criteria = Criteria.of(search.criteria)
    return render_template(
        "search.html", search=search, words=in_words(criteria, names), rows=found, most=SHOWN, pairs=pairs(criteria),
        at=hub().time.now(),
    )  # fmt: skip


@pages.post("/searches/<search_id>/drop")
def drop(search_id: str) -> Response:
    if not searches.drop(hub(), search_id, me().member_id, f"user:{me().id}"):
        abort(404)
    flash(_("It looks for nothing more. What it has found stays where it is."), "status")
    return redirect(url_for("searches.all"), 303)


def _own(search_id: str) -> SavedSearch:
    with hub().reading() as conn:
        search = kept.get(conn, search_id)
    return search if search is not None and search.member_id == me().member_id else abort(404)
