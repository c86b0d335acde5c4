"""Whose searches want a changed opportunity: 100,000 opportunities, 300 members with ten saved searches each. By the index,
beside asking every search."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.app import Hub, open_hub
from hub.commons import inbox
from hub.commons.criteria import Criteria, posted, terms
from hub.config import Config, ConnectionConfig, MemberConfig
from hub.store import opportunities, searches
from hub.store.tables import Opportunity, SavedSearch
from schemas.themes import THEMES

OPPORTUNITIES, MEMBERS, EACH, CHANGES = 100_000, 300, 10, 200
COUNTRIES = [a + b for a in "ABCDEFGHIJKLMNO" for b in "ABCDEFGHIJ"]
WORDS = [
    f"{a}{b}{c}" for a in ("sel", "mor", "tan", "vil") for b in ("ka", "ru", "ne", "lo", "mi") for c in "abcdefghij"
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        hub = town(Path(folder))
        ids = fill(hub)
        chance = random.Random(7)
        changed = [chance.choice(ids) for _ in range(CHANGES)]
        by_index, asked, found = measured(hub, changed, lambda conn, one: searches.posted_under(conn, terms(one)))
        by_all, all_asked, same = measured(hub, changed, lambda conn, one: every(conn))
        hub.engine.dispose()
    print(f"{'':>12} {'ms a change':>12} {'searches asked':>15} {'found':>6}")
    print(f"{'by index':>12} {1000 * by_index:>12.2f} {asked:>15.0f} {found:>6.1f}")
    print(f"{'asking each':>12} {1000 * by_all:>12.2f} {all_asked:>15.0f} {same:>6.1f}")
    print(f"{by_all / by_index:.0f} times as fast (medians)")
    assert found == same, "the index misses searches"
    assert asked * 10 < all_asked, "the index asks too many"


def town(folder: Path) -> Hub:
    members = {f"m{n}": MemberConfig(f"m{n}", f"Member {n}", "agreement") for n in range(MEMBERS)}
    connections = {}
    for name in members:
        usual: dict[str, Any] = {"member": name, "system": "airtable", "mapping": "airtable"}
        connections[f"{name}-in"] = ConnectionConfig(f"{name}-in", **usual, inbox_for=name)
        connections[name] = ConnectionConfig(name, **usual)
    return open_hub(Config(f"sqlite:///{folder / 'hub.db'}", members, connections, digest="bench"))


def fill(hub: Hub) -> list[str]:
    chance, themes, now = random.Random(1), sorted(THEMES), datetime(2026, 3, 1, tzinfo=UTC)
    rows = []
    for number in range(OPPORTUNITIES):
        facts = {
            "title": " ".join(chance.choices(WORDS, k=5)), "summary": " ".join(chance.choices(WORDS, k=25)),
            "themes": chance.sample(themes, 2), "geographies": [{"country": chance.choice(COUNTRIES)}],
        }  # fmt: skip
        rows.append(
            Opportunity(
                id=hub.ids.uuid7(), number=number + 1, kind="project", status="published", steward_id=f"m{number % MEMBERS}",
                title=facts["title"], facts=facts, origins={}, created_at=now, updated_at=now,
            ).model_dump()
        )  # fmt: skip
    with hub.writing() as conn:
        conn.execute(opportunities.t.insert(), rows)
        for number in range(MEMBERS * EACH):
            criteria = looking(chance, themes)
            row = SavedSearch(
                id=hub.ids.uuid7(), member_id=f"m{number % MEMBERS}", name=f"s{number}", criteria=criteria.as_data(),
                connection_id=f"m{number % MEMBERS}-in", created_at=now, created_by="u",
            )  # fmt: skip
            searches.add(conn, row, posted(criteria))
    return [row["id"] for row in rows]


def looking(chance: random.Random, themes: list[str]) -> Criteria:
    """As people look: mostly a theme in some countries, some words, now and then a theme alone."""
    match chance.randrange(10):
        case 0:
            return Criteria(themes=(chance.choice(themes),))
        case 1 | 2 | 3:
            return Criteria(text=" ".join(chance.choices(WORDS, k=2)))
        case _:
            return Criteria(themes=tuple(chance.sample(themes, 2)), countries=tuple(chance.sample(COUNTRIES, 3)))


def every(conn: Any) -> list[SavedSearch]:
    return [SavedSearch(**row._mapping) for row in conn.execute(searches.t.select())]


def measured(
    hub: Hub, ids: list[str], candidates: Callable[[Any, Opportunity], list[SavedSearch]]
) -> tuple[float, float, float]:
    """Seconds (median), searches asked and searches that want it (means) for one change."""
    took, asked, found = [], 0, 0
    with hub.reading() as conn:
        for one in ids:
            opportunity = opportunities.load(conn, [one])[one]
            started = time.perf_counter()
            among = candidates(conn, opportunity)
            wanting = [search for search in among if inbox.finds(hub, search, opportunity)]
            took.append(time.perf_counter() - started)
            asked, found = asked + len(among), found + len(wanting)
    return statistics.median(took), asked / len(ids), found / len(ids)


if __name__ == "__main__":
    main()
