"""``hub audit replay`` finds what moved without a word."""

from __future__ import annotations

import sqlite3

from tests.town import Town


def test_the_history_tells_what_is_stored_and_says_where_it_does_not(town: Town) -> None:
    town.sync()
    assert "the history tells exactly what is stored" in town.hub("audit", "replay").stdout
    with sqlite3.connect(town.folder / "hub.db") as db:
        db.execute("UPDATE opportunity SET audience = 'member:nobody'")
    shown = town.hub("audit", "replay", code=1).stdout
    assert "audience is 'member:nobody' where its history says 'all'" in shown
