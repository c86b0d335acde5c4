"""Where one is signed in, and how to end that."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.people import accounts
from hub.store import admission
from hub.web.guard import cookie, hub, me

pages = Blueprint("sessions", __name__)


def this_session() -> str:
    """The digest of the session that asks."""
    return accounts.digest(request.cookies.get(cookie(), ""))


@pages.get("/sessions")
def page() -> str:
    with hub().reading() as conn:
        found = accounts.of_people(hub(), conn, [me().id])
    return render_template(
        "sessions.html", sessions=found, this=this_session(), idle=accounts.IDLE, whole=accounts.WHOLE
    )


@pages.post("/sessions/<session_id>/end")
def end(session_id: str) -> Response:
    """One of one's own; anybody else's is not there."""
    with hub().writing() as conn:
        if not admission.close_one(conn, session_id, me().id):
            abort(404)
    return _back(_("Ended: that browser has to sign in again."))


@pages.post("/sessions/end-others")
def end_others() -> Response:
    with hub().writing() as conn:
        admission.close_sessions(conn, me().id, but=this_session())
    return _back(_("Ended: you are signed in here only."))


def _back(said: str) -> Response:
    flash(said, "status")
    return redirect(url_for("sessions.page"), 303)
