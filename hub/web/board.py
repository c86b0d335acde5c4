"""The dashboard: what needs a person first, then where every connection stands, then what changed today."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from flask import Blueprint, render_template
from flask_babel import gettext as _

from hub.store import happened, lists
from hub.web import drawn, pill, standing, waiting
from hub.web.guard import hub, me, my_connections, own_connections

pages = Blueprint("board", __name__)
SHOWN = 8
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
        cards = [
            (found, standing.of_connection(found, connections.get(found.row.id), now))
            for found in lists.standings(conn, connections)
        ]
        ranked = sorted(cards, key=lambda card: standing.WORST.index(card[1].name))[:DRAWN]
        lanes = [found.row.id for found, _word in ranked]
        runs = happened.runs_since(conn, lanes, now - drawn.DAY, 4000) if lanes else []
        changes = lists.recent(conn, own_connections(user), now - timedelta(days=1))
        troubles = _troubles() if connections else []
    return render_template(
        "board.html", items=items[:SHOWN], more=len(items) - SHOWN, kinds=kinds, cards=cards, configs=connections,
        changes=changes, now=now, drawn=drawn, calls=standing.calls, lanes=lanes, day=drawn.day(lanes, runs, [], now),
        troubles=troubles, state=pill.together([found.row for found, _word in cards], connections, kinds["hold"], now),
    )  # fmt: skip


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
