"""What a change costs that is looked at for duplicates, among many opportunities: ``python -m tests.benchmarks.bench_likeness``."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.clock import ManualTime
from hub.app import Hub
from hub.commons import duplicates, likeness
from hub.config import Config, MemberConfig
from hub.ids import Ids
from hub.store import opportunities
from hub.store.engine import open_engine
from hub.store.migrate import migrate
from hub.store.tables import Duplicate, LikenessKey, Member, Opportunity
from hub.sync import history
from hub.sync.history import Cause, New

WORDS = 20_000
"""Words of the made-up language, drawn as in natural text: few are everywhere, most are rare."""


def main(count: int = 100_000, changes: int = 500) -> None:
    chance = random.Random(11)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        hub = _hub(Path(folder), ManualTime(now))
        began = time.perf_counter()
        for start in range(0, count, 5000):
            _fill(hub, chance, range(start, min(start + 5000, count)), now)
        print(f"{count} opportunities with their keys stored in {time.perf_counter() - began:.0f} s")
        taken = {"changed, with keys": [], "looked at": []}
        for number in range(changes):
            id = f"o{chance.randrange(count):07}"
            title = f"{_text(chance, 5)} {number}"
            began = time.perf_counter()
            with hub.writing() as conn:
                row = opportunities.load(conn, [id])[id]
                history.change(conn, row, {"title": title, "summary": _text(chance, 150)}, Cause(now, "hub", "changed"))
            taken["changed, with keys"].append(time.perf_counter() - began)
            began = time.perf_counter()
            assert duplicates.look(hub) == 1
            taken["looked at"].append(time.perf_counter() - began)
        for what, times in taken.items():
            worst = sorted(times)[int(len(times) * 0.99)]
            print(f"{what}: median {1000 * statistics.median(times):.1f} ms, 99 of 100 within {1000 * worst:.1f} ms")
        print(f"a planted twin is found: {_twin(hub, now)}")
        hub.engine.dispose()


def _hub(folder: Path, clock: ManualTime) -> Hub:
    members = {name: MemberConfig(name, name, "agreement") for name in "ab"}
    engine = open_engine(f"sqlite:///{folder / 'hub.db'}")
    migrate(engine)
    hub = Hub(Config(database="", members=members, connections={}), engine, time=clock, ids=Ids.seeded(clock.now, 1))
    with hub.writing() as conn:
        table: Any = vars(Member)["__table__"]
        conn.execute(table.insert(), [{"id": name, "name": name} for name in "ab"])
    return hub


def _text(chance: random.Random, words: int) -> str:
    return " ".join(f"w{int(WORDS ** chance.random())}" for _ in range(words))


def _fill(hub: Hub, chance: random.Random, numbers: range, now: datetime) -> None:
    rows, keys = [], []
    for number in numbers:
        facts = {
            "title": _text(chance, 6),
            "summary": _text(chance, 150),
            "organization.identifiers.GB-CHC": str(1_000_000 + int(30_000 * chance.random() ** 3)),
        }
        row = Opportunity(
            id=f"o{number:07}", number=number, kind="project", status="published", steward_id=chance.choice("ab"),
            title=facts["title"], facts=facts, origins={}, created_at=now, updated_at=now,
        )  # fmt: skip
        rows.append(row.model_dump())
        keys += [{"key": key, "opportunity_id": row.id} for key in likeness.keys(facts)]
    with hub.writing() as conn:
        conn.execute(opportunities.t.insert(), rows)
        table: Any = vars(LikenessKey)["__table__"]
        conn.execute(table.insert(), keys)


def _twin(hub: Hub, now: datetime) -> bool:
    with hub.writing() as conn:
        first = opportunities.load(conn, ["o0000000"])["o0000000"]
        other = "b" if first.steward_id == "a" else "a"
        twin = first.model_copy(update={"id": "twin", "number": -1, "steward_id": other})
        twin = Opportunity(**twin.model_dump())
        history.add(conn, New(twin, Cause(now, "hub", "shared")))
    duplicates.look(hub)
    with hub.reading() as conn:
        table: Any = vars(Duplicate)["__table__"]
        return any({"twin", "o0000000"} == {row.first_id, row.second_id} for row in conn.execute(table.select()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
