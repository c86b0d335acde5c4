"""Where systems send their webhooks. Nobody learns here which connections there are: whatever is not signed is not found."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import IntegrityError

from hub import hooks
from hub.hooks import Taken
from hub.web.guard import hub

pages = Blueprint("hooks", __name__)
BODY = 64 * 1024


@pages.post("/hooks/<connection>")
def take(connection: str) -> Response:
    """202 for what counts as a hint, now or before; 404 for whatever nobody signed."""
    if (request.content_length or 0) > BODY or len(request.get_data()) > BODY:
        abort(413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        taken = hooks.take(hub(), connection, headers, request.get_data())
    except IntegrityError:  # the same message twice at the same moment
        taken = Taken.AGAIN
    if taken is Taken.UNKNOWN:
        abort(404)
    if taken is Taken.TOO_MANY:
        return Response(
            "Too many hints; a run is on its way.\n", 429, mimetype="text/plain", headers={"Retry-After": "60"}
        )
    return Response(status=202)
