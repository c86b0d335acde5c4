"""Three members and their systems around one hub: clock, ids, network and database in this process, by one seed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Engine, select

from connectors.clock import ManualTime
from connectors.contract import Connector
from connectors.transport import Transport
from hub.app import Hub, wanted
from hub.app import _register as register
from hub.config import Config, ConnectionConfig, MemberConfig
from hub.ids import Ids
from hub.store.engine import open_engine
from hub.store.migrate import migrate
from mappings.language import Mapping, of
from mappings.source import Source
from tests.simulation import traits
from tests.simulation.connector import SimulatedConnector
from tests.simulation.mood import Mood
from tests.simulation.network import Network
from tests.simulation.system import KEY, GrantsSystem

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

FIELDS: dict[str, Any] = {
    "title": "Title",
    "summary": "Summary",
    "organization.name": "Organisation",
    "ask.requested": {"field": "Ask", "type": "money", "currency": {"field": "Currency"}},
    "commitment.stage": {"field": "Stage", "way": "in", "type": "choice"},
    "commitment.amount": {"field": "Ours", "type": "money", "currency": {"field": "Currency"}, "way": "in"},
    "commitment.visibility": {"field": "Show", "type": "yesno", "yes": "named", "no": "hidden", "way": "in"},
    "status": {"field": "Status", "way": "out", "type": "text"},
    "totals.gap": {"field": "Gap", "way": "out", "type": "text"},
}


class Crash(BaseException):
    """The process ends here."""


class SimulatedHub(Hub):
    """A hub whose connections lead to the simulated systems, and whose process may end around every commit."""

    world: World

    def mapping(self, connection: str) -> Mapping:
        if connection not in self._mappings:
            self._mappings[connection] = compiled(self.world.wide[connection], self.world.keys[connection])
        return self._mappings[connection]

    def connect(self, connection: str) -> Connector:
        world = self.world
        transport = Transport(
            hosts=(f"{connection}.test",), time=self.time, limiter=self._limiter, carrier=world.network,
            jitter=world.chance("jitter").random,
        )  # fmt: skip
        system = world.systems[connection]
        return SimulatedConnector(connection, system.traits, wanted(self.mapping(connection)), transport)

    @contextmanager
    def writing(self) -> Iterator[Db]:
        with super().writing() as conn:
            yield conn
            self.world.may_crash("before a commit")
        self.world.may_crash("after a commit")


@cache
def compiled(wide: bool, keyed: bool) -> Mapping:
    """The mapping of every system here; ``wide`` maps one column more."""
    tree: dict[str, Any] = {"system": "simulated", "object": "rows", "share": {"field": "Share", "equals": True}}
    tree |= {"key": KEY} if keyed else {}
    fields = FIELDS | ({"need": "Need"} if wide else {})
    return of(Source("simulated", Path("simulated.toml"), tree | {"fields": fields}, {}))


@cache
def _engine() -> tuple[Engine, sqlite3.Connection]:
    """One engine for all seeds, so that its compiled statements are kept, and an empty database of this version."""
    template = open_engine("sqlite://")
    migrate(template)
    source: Any = template.raw_connection().driver_connection
    return open_engine("sqlite://"), source


@dataclass
class World:
    """``log`` is what happened, a line each. ``wide`` says which connections map one column more; ``strict``: that little
    is unusually much here."""

    seed: int
    time: ManualTime
    engine: Engine
    config: Config
    mood: Mood
    network: Network
    systems: dict[str, GrantsSystem] = field(default_factory=dict)
    wide: dict[str, bool] = field(default_factory=dict)
    keys: dict[str, bool] = field(default_factory=dict)
    unapproved_writes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    crash_in: int | None = None
    starts: int = 0
    nested: bool = False
    unguarded: set[str] = field(default_factory=set)
    strict: bool = False
    hub: SimulatedHub = field(init=False)
    _chances: dict[str, Random] = field(default_factory=dict)

    def chance(self, name: str) -> Random:
        """A stream of randomness of its own for each purpose, so that one does not shift the others."""
        if name not in self._chances:
            self._chances[name] = Random(f"{self.seed}:{name}")
        return self._chances[name]

    def all_that_happened(self) -> Counter[str]:
        """Faults, crashes, and what people and others did, by kind."""
        return self.happened + self.mood.happened

    def note(self, who: str, what: str) -> None:
        self.log.append(f"{self.time.monotonic():11.3f} {who} {what}")

    def turned(self, who: str, kind: str, what: str = "") -> None:
        """Something around them is not as it was."""
        self.happened[kind] += 1
        self.note(who, f"{kind}: {what}" if what else kind)

    def may_crash(self, where: str) -> None:
        """The process ends at the moment that was drawn for it."""
        if self.crash_in is None:
            return
        self.crash_in -= 1
        if self.crash_in <= 0:
            self.crash_in = None
            self.happened[f"crash {where.partition(':')[0]}"] += 1
            self.note("hub", f"crashes {where}")
            raise Crash(where)

    def start(self) -> None:
        """A new process over the same database: what the old one only remembered is gone."""
        self.starts += 1
        ids = Ids(self.time.now, self.chance("ids").getrandbits)
        self.hub = SimulatedHub(self.config, self.engine, time=self.time, ids=ids)
        self.hub.world = self
        self.network.not_before.clear()
        for system in self.systems.values():
            system.forget_arrivals()
        with self.hub.writing() as conn:
            register(conn, self.hub)

    def table(self, model: Any) -> list[Any]:
        with self.hub.reading() as conn:
            return list(conn.execute(select(model.__table__)))


def build(seed: int) -> World:
    """The world of a seed, its hub started and nothing shared yet."""
    engine, template = _engine()
    raw = engine.raw_connection()
    driver: Any = raw.driver_connection
    template.backup(driver)
    raw.close()
    chance = Random(f"{seed}:world")
    connections = _connections(chance)
    members = {c.member: MemberConfig(c.member, f"Member {c.member.upper()}", "agreement") for c in connections}
    config = Config(
        database="", members=members, connections={c.name: c for c in connections}, public_url="https://hub.test",
        digest="d",
    )  # fmt: skip
    time = ManualTime(BEGIN)
    mood = Mood(Random(f"{seed}:mood"), time.now)
    network = Network(time, mood, lambda who, what: None)
    world = World(seed, time, engine, config, mood, network)
    network.log = world.note
    for connection in connections:
        drawn = traits.draw(chance)
        name = connection.name
        world.systems[name] = network.systems[name] = GrantsSystem(name, drawn, time, Random(f"{seed}:{name}"))
        world.wide[name], world.keys[name] = chance.random() < 0.5, drawn.key != "none"
        world.note(name, f"{connection} {drawn}")
    world.start()
    return world


def _connections(chance: Random) -> list[ConnectionConfig]:
    """a shares, b and c import; sometimes a member has two systems."""
    edits = chance.choice(["accept", "accept", "suggest", "keep", "reset"])
    c_edits = chance.choice(["keep", "keep", "accept"])
    first = chance.choice(["go", "go", "preview"])
    found = [
        connection("a", shares=True),
        connection("b", imports=(), edits=edits),
        connection("c", imports=(), edits=c_edits, first_sync=first),
    ]
    second = chance.choice(["", "", "", "a2", "b2"])
    if second == "a2":
        found.append(connection("a2", shares=True, imports=()))
    elif second == "b2":
        found.append(connection("b2", imports=(), edits=edits))
    return found


def connection(name: str, **settings: Any) -> ConnectionConfig:
    usual: dict[str, Any] = {"system": "simulated", "mapping": name, "first_sync": "go", "every": 60}
    return ConnectionConfig(name=name, member=name[0], **(usual | settings))
