"""Before and after every page: who asks, whether they may, from where a form came, and the headers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connectors.spreadsheet.grid import LARGEST
from hub import access, tokens
from hub.app import Hub
from hub.config import ConnectionConfig
from hub.people import accounts
from hub.store.tables import User
from hub.web.api.problems import COMMON_GRANTS, ProblemFound
from hub.web.rationing import PAGES, Ration

SHEETS = "files.bring_one"
"""The one page that takes more than a form: a sheet."""
FORM = 64 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def cookie() -> str:
    """``__Host-`` binds a cookie to this host and to TLS, which a hub on loopback has not."""
    return "__Host-hub" if current_app.config["HUB_SECURE"] else "hub"


def hub() -> Hub:
    found: Hub = current_app.extensions["hub"]
    return found


def me() -> User:
    """Who is signed in; pages that anyone may open never ask."""
    user: User = g.user
    return user


def my_connections(user: User) -> dict[str, ConnectionConfig]:
    """Connections that this person may see, by name."""
    return {c.name: c for c in hub().config.connections.values() if access.sees_connection(user, c)}


def own_connections(user: User) -> dict[str, ConnectionConfig]:
    """Connections whose records' values this person may see."""
    return {c.name: c for c in hub().config.connections.values() if access.sees_values(user, c)}


def the_connection(name: str) -> ConnectionConfig:
    """One that the user may see; for anybody else it is not there."""
    found = my_connections(me()).get(name)
    return found if found is not None else abort(404)


def name_of(connection: str) -> str:
    """An own connection by its name, another foundation's by the foundation."""
    config = hub().config.connections.get(connection)
    if config is None or config.member == me().member_id:
        return connection
    return hub().config.members[config.member].name


def install(app: Flask, hub: Hub) -> None:
    ration, reading = Ration(hub.config.calls_a_minute), Ration(PAGES)

    @app.before_request
    def check() -> AnyResponse | None:
        g.request_id = hub.ids.token()[:16]
        if request.endpoint is not None and (scopes := access.scopes_of(request.endpoint)) is not None:
            _program(hub, scopes, ration)
            return None
        if request.method not in SAFE and not _from_here():
            abort(400, "This form did not come from the hub's own pages.")
        token = request.cookies.get(cookie())
        g.user = accounts.who(hub, token) if token else None
        reader = g.user.id if g.user is not None else request.remote_addr or ""  # nobody pays for a neighbour's flood
        if request.endpoint != "static" and reading.wait(reader, hub.time.monotonic()):
            abort(429)
        if request.endpoint == SHEETS and g.user is not None and access.may(g.user, SHEETS):
            request.max_content_length = LARGEST + FORM  # before anything reads the form
        _keepable((request.path, *request.args.values(), *request.form.values()))
        if request.endpoint is None:
            return None  # no such route: the 404 page, signed in or not
        if request.endpoint not in access.POLICY:
            abort(403)
        if access.POLICY[request.endpoint] == access.PUBLIC:
            return None
        if g.user is None:
            back = request.full_path if request.method == "GET" else "/"
            return redirect(url_for("sign_in.page", next=back.rstrip("?")))
        if not access.may(g.user, request.endpoint):
            abort(403)
        return None

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if app.config["HUB_SECURE"]:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response


def _program(hub: Hub, scopes: frozenset[str], ration: Ration) -> None:
    """A member's program, by its token alone: a cookie opens nothing here, so no other site can make a browser call."""
    g.user = None
    _keepable((request.path, *request.args.values(), request.headers.get("Idempotency-Key", "")))
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if request.path.startswith(COMMON_GRANTS) and not kind:  # clients of that protocol send keys so
        kind, text = "bearer", request.headers.get("X-API-Key", "")
    found = tokens.opened(hub, text.strip()) if kind.lower() == "bearer" and text.strip() else None
    if found is None:
        abort(401)
    if wait := ration.wait(found.id, hub.time.monotonic()):
        raise ProblemFound(
            429,
            "too-many-calls",
            f"This token may call {ration.a_minute} times a minute. Go on in {wait} s.",
            wait=wait,
        )
    if scopes.isdisjoint(found.scopes):
        abort(403)
    g.token = found


def _keepable(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        abort(400, "A NUL character (U+0000) cannot be searched for or stored.")


def _from_here() -> bool:
    """OWASP's second line beside the token: fetch metadata, else the origin. A client that sends neither
    (a script with a token of its own session) is left to the token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or (origin != "null" and urlsplit(origin).netloc == request.host)


def local(target: str | None) -> str:
    """Where to go after signing in: a path of this site, never another site."""
    parts: Any = urlsplit(target or "/")
    plain = bool(target) and str(target).startswith("/") and not str(target).startswith(("//", "/\\"))
    return str(target) if plain and not parts.netloc and not parts.scheme else "/"
