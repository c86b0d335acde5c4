"""In which language a page is, and choosing another: kept for the person, and in this browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, redirect, request
from flask_babel import get_locale
from jinja2 import pass_context
from jinja2.runtime import Context
from werkzeug.wrappers import Response as AnyResponse

from hub import access, languages
from hub.languages import ENGLISH, Catalogues, named, tag
from hub.people import wishes
from hub.web.guard import hub, local

pages = Blueprint("languages", __name__)
COOKIE = "hub-language"
A_YEAR = 366 * 24 * 3600


def install(app: Flask, catalogues: Catalogues) -> None:
    languages.install(app, catalogues, _language)
    in_templates: dict[str, Any] = app.jinja_env.globals
    for name in ("gettext", "ngettext"):
        in_templates[name] = _naming(in_templates[name])
    app.extensions["hub-languages"] = catalogues.names

    @app.after_request
    def say_so(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = tag(str(get_locale()))
            response.vary.update(("Cookie", "Accept-Language"))
        return response


def known() -> dict[str, str]:
    """Every language's own name, by its code."""
    names: dict[str, str] = current_app.extensions["hub-languages"]
    return names


@pages.post("/language")
def choose() -> AnyResponse:
    onward = redirect(local(request.form.get("next")), 303)
    code = request.form.get("language", "")
    if code not in known():
        return onward
    if g.user is not None:
        wishes.speak(hub(), g.user.id, code)
    secure = bool(current_app.config["HUB_SECURE"])
    onward.set_cookie(COOKIE, code, max_age=A_YEAR, httponly=True, secure=secure, samesite="Lax", path="/")
    return onward


def _naming(say: Callable[..., str]) -> Callable[..., str]:
    """Jinja puts into a sentence what a template names, past the catalogues: here it is put so that it keeps its direction."""

    @pass_context
    def said(context: Context, *texts: Any, **values: Any) -> Any:
        return context.call(say, *texts, **named(values))

    return said


def _language() -> str:
    """The person's own, else this browser's choice, else the best that it asks for. Programs are answered in English."""
    if request.endpoint is not None and access.scopes_of(request.endpoint) is not None:
        return ENGLISH
    user = g.get("user")
    for code in (user.language if user is not None else None, request.cookies.get(COOKIE)):
        if code in known():
            return str(code)
    there = {tag(code).lower(): code for code in known()}
    for asked, quality in request.accept_languages:  # the most wanted first
        found = there.get(asked.lower()) or there.get(asked.lower().partition("-")[0])  # RFC 4647, 3.4: lookup
        if found and quality > 0:
            return found
    return ENGLISH
