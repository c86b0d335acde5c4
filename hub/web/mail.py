"""Which mails one gets: chosen when signed in, or ended by the link in a mail (RFC 8058), which asks for nobody's password."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.people import wishes
from hub.web.guard import hub, me

pages = Blueprint("mail", __name__)
links = Blueprint("unsubscribe", __name__)
"""Apart, for their POST comes from a mail provider that has no form of ours: the signed address is what it is trusted by."""


@pages.get("/mail")
def page() -> str:
    with hub().writing() as conn:
        wish = wishes.of(conn, hub(), [me().id])[me().id]
    return render_template("mail.html", wish=wish, often=_often(), sends=hub().config.mail is not None)


@pages.post("/mail")
def keep() -> Response:
    try:
        wishes.choose(hub(), me().id, request.form.get("posts") == "yes", request.form.get("digest", "twice"))
    except ValueError as error:
        abort(400, str(error))
    flash(_("Stored."), "status")
    return redirect(url_for("mail.page"), 303)


@links.get("/unsubscribe/<wish>", endpoint="page")
def ask(wish: str) -> str:
    """Only shows a button: programs that look at every link of a mail must end nothing."""
    with hub().reading() as conn:
        found = wishes.opened(conn, wish)
    if found is None:
        abort(404)
    return render_template("unsubscribe.html", what=_what(found[1]), wish=wish, done=False)


@links.post("/unsubscribe/<wish>", endpoint="end")
def end(wish: str) -> str:
    kind = wishes.unsubscribe(hub(), wish)
    if kind is None:
        abort(404)
    return render_template("unsubscribe.html", what=_what(kind), wish=wish, done=True)


def _often() -> dict[str, str]:
    return {
        "twice": _("twice a month"),
        "weekly": _("every week"),
        "monthly": _("every month"),
        "off": _("never"),
    }


def _what(kind: str) -> str:
    return _("the digest") if kind == wishes.DIGEST else _("mails about messages at opportunities")
