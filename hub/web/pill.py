"""How the connections stand, in one word on every page and in the browser's tab: never green while nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError

from hub import access
from hub.config import ConnectionConfig
from hub.store import lists
from hub.store.tables import User
from hub.web import standing
from hub.web.guard import hub, my_connections
from hub.web.standing import Word

ICONS = {"failed": "hub-bad.svg", "unknown": "hub-bad.svg", "delayed": "hub-attention.svg", "held": "hub-attention.svg"}
"""Of the tab; every other word has the hub's own."""


def of(user: User | None) -> Word | None:
    """None for who watches no connections. Two small reads: it is on every page, and once is enough for one."""
    if "pill" not in g:
        g.pill = _of(user)
    found: Word | None = g.pill
    return found


def _of(user: User | None) -> Word | None:
    if user is None or not access.may(user, "connections.all"):
        return None
    names, now = my_connections(user), hub().time.now()
    if not names:
        return None
    try:
        with hub().reading() as conn:
            rows, held = lists.states(conn, names), len(lists.holding(conn, names))
    except SQLAlchemyError:
        return Word("unknown", _("Status unknown since %(at)s UTC", at=now.strftime("%H:%M:%S")), "?")
    return _together(rows, names, held, now)


def _together(rows: Iterable[Any], configs: dict[str, ConnectionConfig], held: int, now: datetime) -> Word:
    worst = standing.together(standing.name_of_row(row, configs.get(row.id), now) for row in rows)
    if worst.name == "fine" and held:
        return Word("held", ngettext("%(num)s run held for approval", "%(num)s runs held for approval", held), "!")
    return worst


def icon(word: Word | None) -> str:
    return ICONS.get(word.name, "hub.svg") if word is not None else "hub.svg"
