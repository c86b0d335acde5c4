"""The Flask application: pages, and what holds for all of them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Flask, g
from flask_babel import get_locale
from flask_wtf import CSRFProtect

from hub import access
from hub.app import Hub
from hub.languages import Catalogues, tag
from hub.web import (
    api,
    audit,
    board,
    bookmarks,
    commongrants,
    connections,
    conversation,
    duplicates,
    exports,
    files,
    guard,
    handover,
    health,
    hooks,
    importing,
    languages,
    ledger,
    mail,
    merged,
    observed,
    opportunities,
    organisations,
    people,
    pill,
    problems,
    publish,
    queue,
    running,
    searches,
    sessions,
    show,
    sign_in,
    tokens,
    typed,
    uptake,
)

BODY = 256 * 1024


def create_app(hub: Hub, catalogues: Catalogues | None = None) -> Flask:
    """The hub's pages. Every process of one hub needs the same ``web.secret``, or forms of one fail at the other.
    ``catalogues``: the languages that they speak, those that come with the hub unless others are given."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    secure = hub.config.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=hub.config.secret.reveal() if hub.config.secret else secrets.token_hex(32),
        DEBUG=False,  # whatever the environment says
        MAX_CONTENT_LENGTH=BODY,
        MAX_FORM_MEMORY_SIZE=BODY,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="__Host-hub-form" if secure else "hub-form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,  # the session bounds it; a form left open over lunch must not lose what was typed
        WTF_CSRF_SSL_STRICT=False,  # guard.py compares origins, also where a proxy ends TLS
        HUB_SECURE=secure,
    )
    app.extensions["hub"] = hub
    observed.install(app)
    guard.install(app, hub)
    merged.install(app, hub)
    forms = CSRFProtect(app)
    languages.install(app, catalogues or Catalogues())
    show.install(app)
    problems.install(app)
    sign_in.install(app, hub)
    for pages in (
        sign_in,
        board,
        connections,
        files,
        opportunities,
        organisations,
        publish,
        bookmarks,
        exports,
        searches,
        ledger,
        importing,
        handover,
        duplicates,
        queue,
        people,
        sessions,
        tokens,
        running,
        uptake,
        audit,
        conversation,
        mail,
        languages,
    ):
        app.register_blueprint(pages.pages)
    app.register_blueprint(api.api)
    app.register_blueprint(commongrants.pages)
    app.register_blueprint(hooks.pages)
    app.register_blueprint(mail.links)
    app.register_blueprint(health.pages)
    for signed in (
        api.api,
        commongrants.pages,
        hooks.pages,
        mail.links,
    ):  # a token or a signature is sent on purpose, never by a browser on its own
        forms.exempt(signed)

    @app.context_processor
    def everywhere() -> dict[str, object]:
        locale = get_locale()
        user = g.get("user")
        return {
            "me": user,
            "pill": pill,
            "may": access.may,
            "own_names": set(guard.own_connections(user)) if user else set(),
            "member_name": lambda member: hub.config.members[member].name if member in hub.config.members else member,
            "clock_stands": lambda: health.clock_stands(hub),
            "doors": files.doors() if user else [],
            "words": show.words,
            "codes": typed.options,
            "lang": tag(str(locale)),
            "tag": tag,
            "languages": languages.known(),
            "direction": locale.text_direction,
        }

    return app
