"""What is noted of every request: which page, how it ended, how long it took, and the id of who is signed in; never its
address or its form."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter

from flask import Flask, Response, g, has_request_context, request

from hub import log as logs
from hub.metrics import counted

log = logging.getLogger("hub.web.requests")
TOLD = frozenset({401, 403, 413, 429})
"""Refusals that somebody may want to look into."""
DOORS = frozenset({"sign_in", "oidc", "sessions"})
"""Pages by which one comes and goes."""


def install(app: Flask) -> None:
    logs.beside(_request)

    @app.before_request
    def begin() -> None:
        g.begun = perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = perf_counter() - g.get("begun", perf_counter())
        page = request.endpoint or "unknown"
        counted.request(page, request.method, response.status_code, seconds)
        told = response.status_code in TOLD or response.status_code >= 500 or page.partition(".")[0] in DOORS
        level = logging.INFO if told and request.method != "HEAD" else logging.DEBUG
        facts = {"page": page, "method": request.method, "status": response.status_code, "seconds": round(seconds, 3)}
        if (user := g.get("user")) is not None:
            facts["user"] = user.id
        log.log(level, "answered", extra=facts)
        return response


def _request() -> Mapping[str, str]:
    """The number that the page shows where something went wrong."""
    return {"request_id": g.request_id} if has_request_context() and "request_id" in g else {}
