"""What went wrong, for programs: problem details (RFC 9457), each with the number of its request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from hub.web.api.wire import written

log = logging.getLogger("hub.web.api")
ROOTS = ("/api/", "/common-grants/")
COMMON_GRANTS = "/common-grants/"
BODY = 1024 * 1024
"""Bytes that the body of a call may hold."""
TITLES = {
    400: "The hub does not understand this request",
    401: "No valid token",
    403: "This token does not open this",
    404: "There is no such thing for you",
    405: "That cannot be done here",
    409: "This does not fit what is there",
    410: "It is gone",
    412: "It changed meanwhile",
    413: "That is too much at once",
    415: "Another kind of content is due",
    422: "This cannot be kept",
    428: "Say what you had read",
    429: "Too many calls",
    500: "Something went wrong in the hub",
}
DETAILS = {
    401: "Send Authorization: Bearer TOKEN. An admin of your foundation makes tokens; they can expire or be revoked.",
    403: "An admin of your foundation can make a token with the scope that is needed.",
    404: "It is another foundation's, or not shared with yours, or never was.",
    405: "The header Allow has what can be; /api/v1/openapi.json says how.",
    413: "A body may hold 1 MB.",
}


class ProblemFound(Exception):
    """An answer of this kind; ``more`` are further members of it."""

    def __init__(self, status: int, name: str, detail: str, **more: Any) -> None:
        self.status, self.name, self.detail, self.more = status, name, detail, more
        super().__init__(detail)


def json_due() -> None:
    """Refuses a body of another kind before it is read."""
    if request.mimetype not in ("application/json", "application/merge-patch+json"):
        raise ProblemFound(415, "not-json", "Send JSON: Content-Type: application/json.")


def is_api() -> bool:
    return has_request_context() and request.path.startswith(ROOTS)


def answer(error: Exception) -> Response:
    if isinstance(error, ProblemFound):
        return problem(error.status, error.name, error.detail, error.more)
    if isinstance(error, HTTPException):
        code = error.code or 500
        name = (error.name or "error").lower().replace(" ", "-")
        found = problem(code, name, DETAILS.get(code, error.description or ""))
        if isinstance(error, MethodNotAllowed):
            found.allow.update(error.valid_methods or ())
        return found
    log.exception("A call failed", extra={"request_id": g.get("request_id")})
    return problem(500, "internal", "Nothing was changed. Try again; if it stays, tell the operator the request_id.")


def problem(status: int, name: str, detail: str, more: Mapping[str, Any] | None = None) -> Response:
    body = {
        "type": f"urn:commons-hub:problem:{name}",
        "title": TITLES.get(status, "It was not done"),
        "status": status,
        "detail": detail,
        "request_id": g.get("request_id", ""),
    }
    body |= dict(more or {})
    kind = "application/problem+json"
    if request.path.startswith(COMMON_GRANTS):
        body = {"message": detail, "errors": [], **body}  # its own envelope (Error, 0.4) is in the same body
        kind = "application/json" if status == 404 else kind  # as the protocol's document has it
    found = Response(written(body), status, mimetype=kind)
    if "wait" in body:
        found.headers["Retry-After"] = str(body["wait"])
    if status == 401:
        found.headers["WWW-Authenticate"] = 'Bearer realm="commons"'
    return found
