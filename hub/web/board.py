"""The dashboard: what needs a person first, then where every connection stands, then what changed today."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from flask import Blueprint, render_template

from hub.store import lists
from hub.web import standing, waiting
from hub.web.guard import hub, me, my_connections, own_connections

pages = Blueprint("board", __name__)
SHOWN = 8


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
        changes = lists.recent(conn, own_connections(user), now - timedelta(days=1))
    return render_template(
        "board.html", items=items[:SHOWN], more=len(items) - SHOWN, kinds=kinds,
        cards=cards, configs=connections, changes=changes, now=now, of_run=standing.of_run, sentence=standing.sentence,
    )  # fmt: skip
