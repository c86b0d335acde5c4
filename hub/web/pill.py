"""How the connections stand, in one word on every page and in the browser's tab: never green while nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError

from hub import access
from hub.store import lists
from hub.store.tables import User
from hub.web import standing
from hub.web.guard import hub, my_connections
from hub.web.standing import Word

ICONS = {"failed": "hub-bad.svg", "unknown": "hub-bad.svg", "delayed": "hub-attention.svg", "held": "hub-attention.svg"}
"""Of the tab; every other word has the hub's own."""


Seen = tuple[Iterable[Any], int]
"""A row of each connection, and how many runs are held."""


def of(user: User | None, seen: Seen | None = None) -> Word | None:
    """None for who watches no connections. It is on every page, and made once for each: two small reads, or what the page has
    ``seen`` itself."""
    if "pill" not in g:
        g.pill = _of(user, seen)
    found: Word | None = g.pill
    return found


def _of(user: User | None, seen: Seen | None) -> Word | None:
    if user is None or not access.may(user, "connections.all"):
        return None
    names, now = my_connections(user), hub().time.now()
    if not names:
        return None
    try:
        rows, held = seen or _asked(names)
    except SQLAlchemyError:
        return Word("unknown", _("Status unknown since %(at)s UTC", at=now.strftime("%H:%M:%S")), "?")
    worst = standing.together(standing.name_of_row(row, names.get(row.id), now) for row in rows)
    if worst.name == "fine" and held:
        return Word("held", ngettext("%(num)s run held for approval", "%(num)s runs held for approval", held), "!")
    return worst


def _asked(names: Collection[str]) -> Seen:
    with hub().reading() as conn:
        return lists.states(conn, names), len(lists.holding(conn, names))


def icon(word: Word | None) -> str:
    return ICONS.get(word.name, "hub.svg") if word is not None else "hub.svg"
