"""What a page says when something is not right: what happened, and what to do."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hub.web.api import problems as api
from hub.web.guard import SHEETS

log = logging.getLogger("hub.web")


def install(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> tuple[str, int]:
        text = _("This form is from another session. Go back, load the page again, and send it once more.")
        return _page(400, _("This form is too old"), text)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int] | Response:
        if api.is_api():
            return api.answer(error)
        code = error.code or 500
        titles = {
            400: (_("The hub does not understand this request"), error.description or ""),
            403: (_("Your role does not open this"), _("An administrator of your foundation can give you the role.")),
            404: (
                _("There is no such page"),
                _("It may be another foundation's, or gone. The dashboard has the rest."),
            ),
            405: (_("That cannot be done here"), _("Go back and use the buttons of the page.")),
            413: (_("That is too much at once"), _most()),
            429: (
                _("Too many pages at once"),
                _("Wait a minute, then go on. A program reads by the API, with a token."),
            ),
        }
        title, text = titles.get(code, (error.name, error.description or ""))
        return _page(code, title, text)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> tuple[str, int] | Response:
        if api.is_api():
            return api.answer(error)
        log.exception("A page failed")
        text = _("Nothing was changed. Try again; if it stays, tell the operator this number.")
        return _page(500, _("Something went wrong in the hub"), text)


def _most() -> str:
    if request.endpoint == SHEETS:
        return _("A sheet may have 10 MB. Split it, or save it without pictures.")
    return _("A form may hold 256 kB.")


def _page(code: int, title: str, text: str) -> tuple[str, int]:
    return render_template("problem.html", title=title, text=text, number=g.get("request_id", "")), code
