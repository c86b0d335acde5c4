"""A small commons for tests of the engine: members and connections over systems in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.clock import ManualTime
from connectors.contract import Connector
from hub.app import Hub, wanted
from hub.app import _register as register
from hub.config import Config, ConnectionConfig, MemberConfig
from hub.ids import Ids
from hub.store.engine import open_engine
from hub.store.migrate import migrate
from hub.sync.run import RunResult, sync_all
from mappings.language import Mapping, of
from mappings.source import Source
from tests.sync.memory import Memory, MemoryConnector

FIELDS: dict[str, Any] = {
    "title": "Title",
    "summary": "Summary",
    "organization.name": "Organisation",
    "themes": {"field": "Themes", "type": "choices", "values": {"education": "Education", "health": "Health"}},
    "ask.requested": {"field": "Ask", "type": "money", "currency": {"field": "Currency"}},
    "commitment.stage": {"field": "Stage", "way": "in", "type": "choice"},
    "commitment.amount": {"field": "Ours", "type": "money", "currency": {"field": "Currency"}, "way": "in"},
    "commitment.visibility": {"field": "Show", "type": "yesno", "yes": "named", "no": "hidden", "way": "in"},
    "status": {"field": "Status", "way": "out", "type": "text"},
    "totals.gap": {"field": "Gap", "way": "out", "type": "text"},
}


def tree(**changes: Any) -> dict[str, Any]:
    """A mapping's tree; ``fields`` in ``changes`` go over the usual ones."""
    fields = {p: f for p, f in (FIELDS | changes.pop("fields", {})).items() if f is not False}
    usual = {"system": "memory", "object": "rows", "key": "Commons ID", "share": {"field": "Share", "equals": True}}
    return usual | changes | {"fields": fields}


class MemoryHub(Hub):
    """A hub whose connections lead to systems in memory, by mappings that a test can change."""

    def __init__(self, *args: Any, **seams: Any) -> None:
        super().__init__(*args, **seams)
        self.systems: dict[str, Memory] = {}
        self.trees: dict[str, dict[str, Any]] = {}

    def mapping(self, connection: str) -> Mapping:
        return of(Source(connection, Path(f"{connection}.toml"), self.trees[connection], {}))

    def connect(self, connection: str, patience: float | None = None) -> Connector:
        return MemoryConnector(self.systems[connection], wanted(self.mapping(connection)))


@dataclass
class World:
    """Members a, b, c and their connections; ``sync()`` pulls all, then pushes all."""

    hub: MemoryHub
    time: ManualTime
    systems: dict[str, Memory] = field(default_factory=dict)

    def sync(self, *names: str, dry_run: bool = False) -> dict[str, RunResult]:
        self.time.sleep(60)
        return {r.connection: r for r in sync_all(self.hub, names or None, dry_run=dry_run)}

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(self.systems[name].rows.values())

    def table(self, model: Any) -> list[Any]:
        with self.hub.reading() as conn:
            return list(conn.execute(select(model.__table__)))

    def writes(self) -> int:
        return sum(system.writes() for system in self.systems.values())

    def quiet(self) -> int:
        """Calls that write, made by one more round of all."""
        before = self.writes()
        self.sync()
        return self.writes() - before


Make = Callable[..., World]


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Builds a world; each test sees it on both databases."""
    engines = []

    def build(*connections: ConnectionConfig, trees: dict[str, dict[str, Any]] | None = None, **config: Any) -> World:
        from datetime import UTC, datetime

        time = ManualTime(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
        members = {c.member: MemberConfig(c.member, f"Member {c.member.upper()}", "agreement") for c in connections}
        settings = Config(
            database="", members=members, connections={c.name: c for c in connections}, public_url="https://hub.test",
            digest="d", **config,
        )  # fmt: skip
        sqlite = f"sqlite:///{tmp_path / 'hub.db'}"
        engine = open_engine(sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgres")())
        engines.append(engine)
        migrate(engine)
        hub = MemoryHub(settings, engine, time=time, ids=Ids.seeded(time.now, 1))
        world = World(hub, time)
        for c in connections:
            world.systems[c.name] = hub.systems[c.name] = Memory()
            hub.trees[c.name] = (trees or {}).get(c.name) or tree()
        with hub.writing() as conn:
            register(conn, hub)
        return world

    yield build
    for engine in engines:
        engine.dispose()


def connection(name: str, member: str | None = None, **settings: Any) -> ConnectionConfig:
    usual: dict[str, Any] = {"system": "memory", "mapping": name, "shares": True, "first_sync": "go", "every": 60}
    return ConnectionConfig(name=name, member=member or name[0], **(usual | settings))


@pytest.fixture
def pair(make: Make) -> World:
    """a shares; b imports everything, and its edits are accepted."""
    return make(connection("a"), connection("b", imports=(), edits="accept"))


def share(world: World, name: str = "a", **fields: Any) -> str:
    usual = {"Title": "Wells", "Summary": "Clean water", "Organisation": "Upper Valley Trust", "Share": True}
    return world.systems[name].add(**(usual | {"Ask": 1000, "Currency": "USD"} | fields))


def importer(make: Make, **settings: Any) -> World:
    """a shares one opportunity, which b has imported; ``settings`` are of b's connection."""
    world = make(connection("a"), connection("b", imports=(), **settings))
    share(world)
    world.sync()
    return world
