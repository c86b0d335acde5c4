"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.people import accounts
from hub.web.guard import cookie, hub, local

pages = Blueprint("sign_in", __name__)


@pages.get("/sign-in")
def page() -> str:
    return render_template("sign_in.html", next=local(request.args.get("next")), email="", problem="")


@pages.post("/sign-in")
def enter() -> Response | tuple[str, int]:
    email, onward = request.form.get("email", ""), local(request.form.get("next"))
    try:
        token = accounts.sign_in(hub(), email, request.form.get("password", ""), request.remote_addr or "")
        problem = "" if token else _("This e-mail address and password do not belong together.")
    except accounts.TooManyTries:
        token, problem = None, _("Too many wrong passwords of late. Wait a quarter of an hour, then try again.")
    if token is None:
        return render_template("sign_in.html", next=onward, email=email, problem=problem), 401
    return let_in(token, onward)


def let_in(token: str, onward: str) -> Response:
    """Begin a session in this browser; one that it had before ends."""
    if old := request.cookies.get(cookie()):
        accounts.sign_out(hub(), old)
    session.clear()  # forms of before do not work after
    response = redirect(onward, 303)
    secure = cookie().startswith("__Host-")
    response.set_cookie(cookie(), token, httponly=True, secure=secure, samesite="Lax", path="/")
    return response


@pages.post("/sign-out")
def leave() -> Response:
    if token := request.cookies.get(cookie()):
        accounts.sign_out(hub(), token)
    session.clear()
    response = redirect(url_for("sign_in.page"), 303)
    response.delete_cookie(cookie(), path="/", secure=cookie().startswith("__Host-"), httponly=True, samesite="Lax")
    return response
