"""The dashboard: what needs a person first, then where every connection stands, then what changed today."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from flask import Blueprint, render_template
from flask_babel import gettext as _

from hub.config import ConnectionConfig
from hub.store import happened, lists
from hub.web import drawn, pill, standing, waiting
from hub.web.guard import hub, me, my_connections, own_connections
from hub.web.listing import listed

pages = Blueprint("board", __name__)
SHOWN = 8
CARDS = 12
"""On a page; the worst first, and by name among equals."""
DRAWN = 12
"""Connections that the picture of the last day has lanes for, the worst first."""


@pages.get("/")
def page() -> str:
    user, now = me(), hub().time.now()
    connections = my_connections(user)
    with hub().reading() as conn:
        items = waiting.all_of(conn, user)
        kinds = Counter(item.kind for item in items)
        items = waiting.gathered(items)
        stands = lists.stands(conn, connections)
        ranked = sorted(stands, key=lambda found: _rank(found, connections, now))
        shown = listed(ranked, {}, size=CARDS)
        names = [found.row.id for found in shown.rows]
        known = {found.row.id: found for found in lists.standings(conn, names)}
        cards = [(known[name], standing.of_connection(known[name], connections[name], now)) for name in names]
        lanes = [found.row.id for found in ranked[:DRAWN]]
        runs = happened.runs_since(conn, lanes, now - drawn.DAY, 4000) if lanes else []
        changes = lists.recent(conn, own_connections(user), now - timedelta(days=1))
        troubles = _troubles() if connections else []
    return render_template(
        "board.html", items=items[:SHOWN], more=len(items) - SHOWN, kinds=kinds, cards=cards, list=shown, configs=connections,
        changes=changes, now=now, drawn=drawn, calls=standing.calls, lanes=lanes, day=drawn.day(lanes, runs, [], now),
        troubles=troubles, state=pill.of(user, ([found.row for found in stands], kinds["hold"])) or standing.together(()),
    )  # fmt: skip


def _rank(found: lists.Standing, configs: dict[str, ConnectionConfig], now: datetime) -> int:
    return standing.WORST.index(standing.name_of(found, configs.get(found.row.id), now))


def _troubles() -> list[str]:
    """What is wrong with the hub itself. Details of the configuration are for who runs it."""
    said = []
    if hub().refused:
        said.append(_("The changed configuration file cannot be used. The one before is still in force."))
        if "operator" in me().roles:
            said += hub().refused
    if hub().at_restart and "operator" in me().roles:
        said.append(
            _("These settings take effect when the hub is started anew: %(names)s.", names=", ".join(hub().at_restart))
        )
    return said
