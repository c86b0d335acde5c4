"""The hub as one object: configuration, database, clock, ids, and how its connections are opened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Engine, select, update

from connectors import registry
from connectors.contract import Connector, Reference, Settings, Wanted
from connectors.transport import Limiter, Limits, SystemTime, Time, Transport
from hub import described
from hub.commons import reindex
from hub.commons.sharing import StandingRules, may_see
from hub.commons.view import view
from hub.config import Config, ConnectionConfig
from hub.ids import Ids
from hub.store import alone, audit, opportunities, restored
from hub.store import members as people
from hub.store import people as persons
from hub.store.engine import open_engine, reading, writing
from hub.store.migrate import migrate
from hub.store.pace import SharedLimiter
from hub.store.tables import Commitment, Connection, Member, Opportunity
from mappings import language
from schemas.said import phrase


class Hub:
    """One running hub. ``time`` and ``ids`` are passed in, so that tests decide both. ``refused``: what is wrong with the
    configuration file as it is now, where another one is still in force; ``at_restart``: settings of it that a running
    process cannot take up. ``nudge``: tell whoever syncs that this connection is due now, rather than let them see it at their
    next tick. ``stopping`` is set when the process is to end; ``ticked_at``: when its own clock last ticked, None where it has
    none; ``begun``: when it started."""

    def __init__(
        self,
        config: Config,
        engine: Engine,
        *,
        time: Time,
        ids: Ids,
        transport: Callable[..., Transport] = Transport,
    ) -> None:
        self.config = config
        self.engine = engine
        self.time = time
        self.ids = ids
        self._transport = transport
        self._limiter: Limits = Limiter(time)
        if engine.dialect.name == "postgresql" and isinstance(time, SystemTime):
            self._limiter = SharedLimiter(
                engine
            )  # there may be other processes, and the database's clock is the real one
        self._mappings: dict[str, language.Mapping] = {}
        self._rules = StandingRules(config.connections)
        self.refused: tuple[str, ...] = ()
        self.at_restart: tuple[str, ...] = ()
        self.nudge: Callable[[str], None] = lambda connection: None
        self.stopping: threading.Event = getattr(time, "told", None) or threading.Event()
        self.begun = self.time.now()
        self.ticked_at: datetime | None = None

    @contextmanager
    def reading(self) -> Iterator[Db]:
        with reading(self.engine) as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Db]:
        with writing(self.engine) as conn:
            yield conn

    def take(self, config: Config) -> None:
        """Go on by another configuration, from the same store. What runs meanwhile should have a copy of the hub of its own."""
        new = copy(self)
        new.config = config
        with self.writing() as conn:
            alone.wait_for(conn, "registering")
            _register(conn, new)
        self.config, self._mappings = config, {}
        self.__dict__.pop("_page", None)

    def with_mapping(self, connection: str, mapping: str) -> Hub:
        """This hub as it would be if the connection had another mapping (a name or a file). MappingError as ``language.load``."""
        new = copy(self)
        changed = replace(self.config.connections[connection], mapping=mapping)
        new.config = replace(self.config, connections={**self.config.connections, connection: changed})
        new._mappings = {}
        new.mapping(connection)
        return new

    def mapping(self, connection: str) -> language.Mapping:
        """The mapping of a connection, loaded once."""
        name = self.config.connections[connection].mapping
        if name not in self._mappings:
            self._mappings[name] = language.load(name, self.config.mapping_folders)
        return self._mappings[name]

    def connect(self, connection: str, patience: float | None = None) -> Connector:
        """Open a connection to its system; nothing is called yet. Raises ``ConnectorError`` where settings cannot work.
        ``patience``: seconds that one call may take, where a person waits for the answer."""
        config = self.config.connections[connection]
        mapping = self.mapping(connection)
        system = registry.load(config.system)
        settings = Settings(config.name, config.options)
        hurried = {} if patience is None else {"deadline": patience, "timeout": patience}
        transport = self.outgoing(
            system.hosts(settings), allow_http=config.allow_http, allow_private=config.allow_private, **hurried
        )
        return system.open(settings, wanted(mapping), transport)

    def outgoing(
        self, hosts: Iterable[str], *, allow_http: bool = False, allow_private: bool = False, **how: Any
    ) -> Transport:
        """The one way out of the hub, for whatever it calls: to these ``host:port`` pairs and no others, to none on this
        machine or on an inner network unless the configuration says so."""
        return self._transport(
            hosts=tuple(hosts), time=self.time, limiter=self._limiter, allow_http=allow_http,
            allow_private=allow_private, allow_loopback=allow_http or allow_private, **how,
        )  # fmt: skip

    def may_tell(self, conn: Db, to: str, about: Iterable[str], member: str) -> bool:
        """Whether the person with this address is still one of this member's, who may see all of these opportunities."""
        user, ids = persons.by_email(conn, to), set(about)
        if user is None or not user.active or user.member_id != member or member not in self.config.members:
            return False
        there = opportunities.peek(conn, ids)
        return all(id in there and may_see(there[id], member, self.config.circles) for id in ids)

    @property
    def rules(self) -> StandingRules:
        """The configuration's import rules, ready to be looked up."""
        if self._rules.connections is not self.config.connections:
            self._rules = StandingRules(self.config.connections)
        return self._rules

    @cached_property
    def _page(self) -> str:
        return self.config.public_url.rstrip("/") + "/opportunities/"

    def page(self, opportunity_id: str) -> str:
        """The address at which people find this opportunity."""
        return self._page + opportunity_id

    def view(
        self, opportunity: Opportunity, commitments: Mapping[str, Commitment], member: str, names: Mapping[str, str]
    ) -> dict[str, Any]:
        """The opportunity as this member sees it."""
        return view(
            opportunity,
            commitments,
            member,
            names=names,
            page=self.page(opportunity.id),
        )


def wanted(mapping: language.Mapping) -> Wanted:
    """What a mapping needs of its system."""
    references = {column: Reference(target, columns) for column, (target, columns) in mapping.references.items()}
    return Wanted(mapping.object, mapping.columns, mapping.key, references)


def open_hub(config: Config, *, time: Time | None = None, ids: Ids | None = None, **seams: Any) -> Hub:
    """Open the database, bring it to this version, and register what the configuration names."""
    time = time or SystemTime()
    engine = open_engine(config.database)
    migrate(engine)
    hub = Hub(config, engine, time=time, ids=ids or Ids(time.now), **seams)
    with hub.writing() as conn:
        restored.finish(conn, hub.time.now())
        alone.wait_for(conn, "registering")
        _register(conn, hub)
        if not reindex.up_to_date(conn):
            reindex.rebuild(conn)
    return hub


def _register(conn: Db, hub: Hub) -> None:
    """Members and connections as configured; one that left the configuration is paused, never deleted."""
    members: Any = Member.__table__  # type: ignore[attr-defined]
    connections: Any = Connection.__table__  # type: ignore[attr-defined]
    now = hub.time.now()
    known = people.names(conn)
    for member in hub.config.members.values():
        values = {"name": member.name, "lawful_basis": member.lawful_basis}
        if member.id in known:
            conn.execute(update(members).where(members.c.id == member.id).values(**values))
        else:
            conn.execute(members.insert().values(id=member.id, created_at=now, **values))
    rows = {row.id: row for row in conn.execute(select(connections))}
    for config in hub.config.connections.values():
        _register_connection(conn, connections, rows.get(config.name), config, hub)
    for name in rows.keys() - hub.config.connections.keys():
        gone = {"state": "removed", "reason": phrase("It is no longer in the configuration; its links are kept.")}
        conn.execute(update(connections).where(connections.c.id == name).values(**gone))


def _register_connection(conn: Db, table: Any, row: Any, config: ConnectionConfig, hub: Hub) -> None:
    said = described.settings(config)
    values: dict[str, Any] = {"member_id": config.member, "system": config.system, "settings": said}
    if row is None:
        state = "paused" if config.paused else "active"
        approved = config.first_sync == "go"
        due = hub.time.now()
        conn.execute(table.insert().values(id=config.name, state=state, approved=approved, due_at=due, **values))
        return
    if config.paused and row.state == "active":
        values |= {"state": "paused", "reason": phrase("The configuration pauses it.")}
    elif row.state == "removed":
        values |= {"state": "paused" if config.paused else "active", "reason": None}
    if row.settings is not None and row.settings != said:
        names = sorted(row.settings.keys() | said.keys())
        moved = {n: [row.settings.get(n), said.get(n)] for n in names if row.settings.get(n) != said.get(n)}
        audit.write(
            conn, at=hub.time.now(), actor="configuration", action="settings changed", connection_id=config.name,
            member_id=config.member, values=moved,
        )  # fmt: skip
    conn.execute(update(table).where(table.c.id == config.name).values(**values))
