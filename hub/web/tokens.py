"""Tokens of the own member's programs: made, shown once, revoked by its admins."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub import tokens
from hub.store import people
from hub.store import tokens as stored
from hub.web.guard import hub, me
from hub.web.listing import Column, Listing, as_file, listed, wants_file

pages = Blueprint("tokens", __name__)


@pages.get("/tokens")
def page() -> Response | str:
    return as_file(_listed(), "tokens") if wants_file() else _page()


def _listed() -> Listing:
    """Each with its state and who made it."""
    states = {"valid": _("valid"), "revoked": _("revoked"), "expired": _("expired")}
    columns = {
        "name": Column(_("Program"), lambda each: each[0].name),
        "scopes": Column(_("Opens"), lambda each: ", ".join(each[0].scopes)),
        "made": Column(_("Made"), lambda each: each[0].created_at),
        "used": Column(_("Last used"), lambda each: each[0].used_at),
        "valid": Column(_("Valid"), lambda each: list(states).index(each[1]), lambda each: states[each[1]]),
        "until": Column(_("Valid until"), lambda each: each[0].expires_at),
    }
    with hub().reading() as conn:
        rows = stored.of(conn, [me().member_id])
        names = people.names(conn)
    found = [(row, tokens.state(hub(), row), names.get(row.by or "", ("", ""))[0]) for row in rows]
    return listed(found, columns, "", ("tokens.page", {}))


def _page(text: str = "", problem: str = "", typed: Mapping[str, object] | None = None) -> str:
    words = {
        "read": _("read what we may see"),
        "share": _("share opportunities, and change ours"),
        "position": _("state our positions"),
        "search": _("save and drop our searches"),
    }
    return render_template(
        "tokens.html", list=_listed(), scope_words=words, text=text, problem=problem, typed=typed or {}
    )


@pages.post("/tokens")
def create() -> str | tuple[str, int]:
    """The token is shown in the answer itself: nothing keeps it, so it cannot be shown again."""
    form = request.form
    typed = {"name": form.get("name", ""), "scopes": form.getlist("scope"), "days": form.get("days", "")}
    days = form.get("days", "").strip()
    try:
        if days and not (days.isascii() and days.isdigit() and len(days) < 6):
            raise ValueError(_("Say for how many days it is valid, as a number, or leave that empty."))
        _token, text = tokens.create(
            hub(),
            me().member_id,
            form.get("name", ""),
            form.getlist("scope"),
            days=int(days) if days else None,
            by=me().id,
        )
    except ValueError as error:
        return _page(problem=str(error), typed=typed), 422
    return _page(text=text)


@pages.post("/tokens/<token_id>/revoke")
def revoke(token_id: str) -> Response:
    try:
        token = tokens.revoke(hub(), token_id, members=[me().member_id], by=me().id)
    except LookupError:
        abort(404)
    flash(_("Revoked: %(name)s opens nothing any more.", name=token.name), "status")
    return redirect(url_for("tokens.page"), 303)
