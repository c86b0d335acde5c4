"""An address that names an opportunity which went into another leads to that one, for whoever may see it."""

from __future__ import annotations

from flask import Flask, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub import access
from hub.app import Hub
from hub.store import merged, opportunities


def install(app: Flask, hub: Hub) -> None:
    """After ``guard``: who asks and whether their roles open the page is decided by then."""

    @app.before_request
    def follow() -> Response | None:
        asked = (request.view_args or {}).get("opportunity_id")
        if asked is None or g.get("user") is None:
            return None
        with hub.reading() as conn:
            survivor = merged.survivors(conn, [asked]).get(asked)
            row = opportunities.peek(conn, [survivor]).get(survivor) if survivor else None
        if row is None:
            return None
        if not access.sees_opportunity(g.user, row, hub.config.circles):
            abort(404)
        if request.method == "POST":
            flash(_("It was merged into this opportunity meanwhile. Nothing of what you sent was stored."), "problem")
        else:
            flash(_("What you asked for was merged into this opportunity."), "status")
        return redirect(url_for("opportunities.one", opportunity_id=row.id), 303)
