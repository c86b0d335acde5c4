"""Signing in and out: by password, or through the identity provider."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.app import Hub
from hub.people import accounts, through_provider
from hub.people.provider import Distrusted, Provider, ProviderFailed
from hub.people.through_provider import NotLetIn, TooMany
from hub.web.guard import cookie, hub, local
from hub.web.visits import visit

pages = Blueprint("sign_in", __name__)
log = logging.getLogger("hub.web.sign_in")
CALLS: dict[str, Any] = {"timeout": 5.0, "deadline": 10.0, "max_bytes": 256 * 1024}
"""Of the provider, while a person waits."""


def install(app: Flask, hub: Hub) -> None:
    """``[sign_in]`` as it is at the start; a changed one waits for a restart."""
    if (config := hub.config.sign_in.provider) is not None:
        way = hub.outgoing(config.hosts, allow_private=config.allow_private, **CALLS)
        app.extensions["hub.provider"] = Provider(config, way, hub.time.now, hub.time.monotonic)


def provider() -> Provider | None:
    found: Provider | None = current_app.extensions.get("hub.provider")
    return found


@pages.get("/sign-in")
def page() -> str:
    return _page(local(request.args.get("next")))


def _page(onward: str, email: str = "", problem: str = "") -> str:
    by = provider()
    passwords = hub().config.sign_in.local
    wanted = by is None or passwords == "on" or bool(email) or "password" in request.args
    return render_template(
        "sign_in.html", next=onward, email=email, problem=problem, provider=by.config.title if by else "",
        passwords=passwords, form=wanted and passwords != "off",
    )  # fmt: skip


@pages.post("/sign-in")
def enter() -> Response | tuple[str, int]:
    email, onward, came = request.form.get("email", ""), local(request.form.get("next")), visit("password")
    try:
        token = accounts.sign_in(hub(), email, request.form.get("password", ""), came.address, came.browser)
        problem = "" if token else _("This e-mail address and password do not belong together.")
    except accounts.TooManyTries:
        token, problem = None, _("Too many wrong passwords of late. Wait a quarter of an hour, then try again.")
    if token is None:
        return _page(onward, email, problem), 401
    return let_in(token, onward)


@pages.post("/sign-in/provider")
def go() -> Response | tuple[str, int]:
    """Off to the provider. A page sends the browser there: a form may only be answered by this site, redirects included."""
    by, onward = provider(), local(request.form.get("next"))
    if by is None:
        return redirect(url_for("sign_in.page", next=onward), 303)
    browser, invitation = hub().ids.token(), request.form.get("invitation") or None
    try:
        url = through_provider.set_out(hub(), by, _back(), browser, onward, request.remote_addr or "", invitation)
    except ProviderFailed as error:
        return _failed(error)
    except TooMany as error:
        return _page(onward, problem=str(error.__doc__)), 429
    answer = _off(by, url, _("Sign in"))
    _set(answer, _way(), browser, max_age=int(through_provider.PATIENCE.total_seconds()))
    return answer


@pages.get("/sign-in/back")
def back() -> Response | tuple[str, int]:
    """Where the provider sends the browser. It is one of the few GETs that change something: the state makes it work once."""
    by = provider()
    if by is None:
        return redirect(url_for("sign_in.page"), 303)
    try:
        came = through_provider.come_back(
            hub(), by, _back(), request.cookies.get(_way(), ""), request.args.to_dict(), visit("provider")
        )
    except ProviderFailed as error:
        return _failed(error)
    except Distrusted as error:
        log.warning("A sign-in through the provider was refused: %s", error)
        return _page("/", problem=_("Your provider did not let you in, or not in the way that the hub asks for. Try again.")), 401  # fmt: skip
    except NotLetIn as error:
        return render_template("problem.html", title=_("The hub does not know you yet"), text=str(error)), 403
    if came is None:
        return _page("/", problem=_("This sign-in was begun elsewhere, is over, or took too long. Begin again here.")), 401  # fmt: skip
    answer = let_in(came.token, came.onward)
    answer.delete_cookie(_way(), path="/", secure=_secure(), httponly=True, samesite="Lax")
    return answer


def _off(by: Provider, url: str, title: str) -> Response:
    page = render_template("to_provider.html", url=url, provider=by.config.title, title=title)
    return Response(page, mimetype="text/html")


def _failed(error: ProviderFailed) -> tuple[str, int]:
    log.error("The identity provider cannot be used: %s", error)
    return _page("/", problem=_("Your provider does not answer as it should. Try again; the operator finds the reason in the log.")), 503  # fmt: skip


def _back() -> str:
    return hub().config.public_url.rstrip("/") + url_for("sign_in.back")


def _secure() -> bool:
    return cookie().startswith("__Host-")


def _way() -> str:
    """The cookie of a browser that is on its way to the provider."""
    return f"{cookie()}-way"


def _set(answer: Response, name: str, value: str, max_age: int | None = None) -> None:
    answer.set_cookie(name, value, max_age=max_age, httponly=True, secure=_secure(), samesite="Lax", path="/")


def let_in(token: str, onward: str) -> Response:
    """Begin a session in this browser; one that it had before ends."""
    if old := request.cookies.get(cookie()):
        accounts.sign_out(hub(), old)
    session.clear()  # forms of before do not work after
    response = redirect(onward, 303)
    _set(response, cookie(), token)
    return response


@pages.post("/sign-out")
def leave() -> Response:
    """The session here is over before anything else; one at the provider, where it began there and the configuration says so."""
    token, way = request.cookies.get(cookie()), ""
    if token:
        way = accounts.sign_out(hub(), token)
    session.clear()
    response: Response = redirect(url_for("sign_in.page"), 303)
    by = provider()
    if by is not None and way == "provider":
        try:
            if url := by.ending(hub().config.public_url.rstrip("/") + url_for("sign_in.page")):
                response = _off(by, url, _("Sign out"))
        except ProviderFailed as error:
            log.warning("The session at the identity provider was not ended: %s", error)
    response.delete_cookie(cookie(), path="/", secure=_secure(), httponly=True, samesite="Lax")
    return response
