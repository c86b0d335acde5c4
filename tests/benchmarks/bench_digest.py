"""Digests for all: 100,000 opportunities, every one of them new since the last time, and a person of each of 300 members with
ten saved searches. Nobody's fortnight looks like that; it is the most that there can be."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.clock import ManualTime
from hub.app import Hub
from hub.commons import digest
from hub.mail.settings import MailConfig
from hub.people import wishes
from hub.store import audit, opportunities, people, searches
from hub.store import wishes as stored
from hub.store.tables import Message, User
from tests.benchmarks import bench_wanting as town

LIMIT = 60.0
"""Seconds."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        hub = opened(Path(folder))
        town.fill(hub)
        after_a_fortnight(hub)
        started = time.perf_counter()
        made = digest.make(hub)
        took = time.perf_counter() - started
        rows: Any = vars(Message)["__table__"]
        with hub.reading() as conn:
            told = sum(len(row.about) for row in conn.execute(rows.select()))
        hub.engine.dispose()
    print(f"{made} digests with {told} opportunities of {town.OPPORTUNITIES:,} changed ones in {took:.1f} s")
    assert made == town.MEMBERS, "somebody has none"
    assert took < LIMIT, "too slow"


def opened(folder: Path) -> Hub:
    hub = town.town(folder)
    mail = MailConfig("127.0.0.1", 25, "none", "hub@commons.test")
    hub.config, hub.time = replace(hub.config, mail=mail, public_url="https://hub.test"), ManualTime()
    return hub


def after_a_fortnight(hub: Hub) -> None:
    """Everything was shared meanwhile, with its whole line in the audit, and everybody is due."""
    begun = hub.time.now()
    hub.time.sleep(timedelta(days=1).total_seconds())
    now, ids = hub.time.now(), [f"u{n}" for n in range(town.MEMBERS)]
    with hub.writing() as conn:
        lines = [
            {"at": now, "actor": "hub", "action": "created", "direction": "here", "opportunity_id": row.id, "moves": True,
             "values": {path: [None, value] for path, value in row.facts.items()}
             | {"status": [None, "published"], "audience": [None, "all"]}}
            for row in conn.execute(opportunities.t.select())
        ]  # fmt: skip
        conn.execute(audit.t.insert(), lines)
        for n, id in enumerate(ids):
            user = User(id=id, member_id=f"m{n}", email=f"{id}@m.test", name=id, password_hash="", roles=["officer"])
            people.add(conn, user.model_copy(update={"created_at": begun}))
            conn.execute(searches.t.update().where(searches.t.c.member_id == f"m{n}").values(created_by=id))
        wishes.of(conn, hub, ids)
        for id in ids:
            stored.change(conn, id, since=begun, due_at=now)
    hub.time.sleep(timedelta(days=14).total_seconds())


if __name__ == "__main__":
    main()
