"""The hub of a proof: the real one, over a database of its own in memory, between the connection and a made-up member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from connectors.clock import Time
from connectors.contract import Connector, Record
from connectors.transport import Transport
from hub.app import Hub, wanted
from hub.app import _register as register
from hub.commons import imports
from hub.config import Config, MemberConfig
from hub.ids import Ids
from hub.proving.fence import Fence, Ours
from hub.proving.other_side import OtherSide, tree
from hub.proving.tap import TappedTransport, Watch
from hub.store import links, opportunities, runs, waiting
from hub.store.engine import open_engine
from hub.store.migrate import migrate
from hub.store.tables import Conflict, Due, Link, Opportunity, Quarantine
from hub.sync import holds
from hub.sync.run import RunResult, sync_all
from mappings.language import Mapping, of
from mappings.source import Source

STEWARD, SIDE = "commons-hub-proof", "commons-hub-proof-side"
MARK = "Commons Hub proof, delete me"
ORGANISATION = "Commons Hub proof"
"""The nonprofit of the marked record. It is not looked for, and never added."""


class ProvingHub(Hub):
    """A hub whose one real connection sees its own record only."""

    def __init__(self, name: str, ours: Ours, watch: Watch, row: dict[str, Any], *args: Any, **seams: Any) -> None:
        super().__init__(*args, **seams)
        self._name, self._ours, self._watch, self._row = name, ours, watch, row

    def mapping(self, connection: str) -> Mapping:
        if connection != SIDE:
            return super().mapping(connection)
        return self._side

    @cached_property
    def _side(self) -> Mapping:
        return of(Source(SIDE, Path(f"{SIDE}.toml"), tree(super().mapping(self._name).kind), {}))

    def connect(self, connection: str, patience: float | None = None) -> Connector:
        if connection == SIDE:
            return OtherSide(self._row, wanted(self.mapping(SIDE)))
        return Fence(super().connect(connection, patience), self._ours, self._watch)


class Stage:
    """What the steps of a proof act on. ``title`` is the mark with this proof's number, so that two proofs are told apart;
    ``visible_after``, ``found_after`` and ``removed`` as in ``connectors.questions.Evidence``."""

    def __init__(
        self, config: Config, name: str, time: Time, transport: Callable[..., Transport] = TappedTransport
    ) -> None:
        self.name, self.time, self.watch = name, time, Watch()
        self.visible_after: float | None = None
        self.found_after: float | None = None
        self.removed = ""
        chosen = config.connections[name]
        ids = Ids(time.now)
        self.title = f"{MARK} ({ids.token()[:6]})"
        self.row: dict[str, Any] = {
            "Title": self.title, "Summary": "First text of the proof.", "Organisation": ORGANISATION, "Share": True,
        }  # fmt: skip
        tested = replace(
            chosen, shares=False, imports=None, edits="accept", follow="yes", first_sync="go", deletes="keep", paused=False,
            every=1,
        )  # fmt: skip
        side = replace(tested, name=SIDE, member=STEWARD, system="proof", mapping=SIDE, options={}, shares=True)
        members = {chosen.member: config.members[chosen.member], STEWARD: MemberConfig(STEWARD, MARK, "a proof")}
        alone = replace(
            config, database="", members=members, connections={SIDE: side, name: tested}, rules={}, circles={}
        )
        self.engine: Engine = open_engine("sqlite://")
        migrate(self.engine)
        self.ours = Ours(None)
        self.hub = ProvingHub(
            name, self.ours, self.watch, self.row, alone, self.engine, time=time, ids=ids,
            transport=partial(transport, self.watch),
        )  # fmt: skip
        self.mapping = self.hub.mapping(name)
        self.ours.column = self.mapping.key
        with self.hub.writing() as conn:
            register(conn, self.hub)
        self.connector = self.hub.connect(name)

    def close(self) -> None:
        self.connector.close()
        self.engine.dispose()

    def sync(self, *names: str) -> RunResult:
        """A round of both sides, or of some; how it went for the proved connection. What waits for a look is looked at."""
        results = sync_all(self.hub, names or None, trigger="a proof")
        while any(result.state == "held" for result in results):
            for result in results:
                with self.hub.reading() as conn:
                    hold = waiting.waiting_hold(conn, result.connection)
                if hold is not None:
                    holds.approve(self.hub, hold.id, hold.plan_hash, "a proof")
            results = sync_all(self.hub, names or None, trigger="a proof")
        return next((result for result in results if result.connection == self.name), results[0])

    def share(self) -> None:
        """The made-up member shares its project, and the proved connection picks it for import."""
        self.sync(SIDE)
        skipped = imports.Choices(organisations={link.column: "skip" for link in self.mapping.links})
        imports.pick(self.hub, self.opportunity().id, self.name, None, skipped)

    def opportunity(self) -> Opportunity:
        with self.hub.reading() as conn:
            id = conn.execute(select(Opportunity.__table__.c.id)).scalar_one()  # type: ignore[attr-defined]
            return opportunities.load(conn, [id])[id]

    def link(self) -> Link:
        id = self.opportunity().id
        with self.hub.reading() as conn:
            return next(link for link in links.of(conn, id) if link.connection_id == self.name)

    def conflicts(self) -> list[Conflict]:
        id = self.opportunity().id
        with self.hub.reading() as conn:
            return list(waiting.open_conflicts(conn, [id]))

    def unsettled(self) -> bool:
        """Whether a write went out of which the hub does not know what it came to."""
        with self.hub.reading() as conn:
            return bool(runs.open_intents(conn, self.name))

    def why_not(self) -> str:
        """Why the last write of the hub was put off, where the system said so."""
        due, aside = Due.__table__, Quarantine.__table__  # type: ignore[attr-defined]
        with self.hub.reading() as conn:
            told = conn.execute(select(due.c.error).where(due.c.connection_id == self.name)).scalars().first()
            set_aside = conn.execute(select(aside.c.reason).where(aside.c.connection_id == self.name)).scalars().first()
        return told or set_aside or ""

    def record(self) -> Record | None:
        """Our record as it is there now."""
        found = self.connector.get([self.id]).get(self.id)
        return found if isinstance(found, Record) else None

    @property
    def id(self) -> str:
        return next(iter(self.ours.ids), "")

    def shows(self, path: str) -> Any:
        """What our record says of a path, in the commons' words; None where it is not to be seen."""
        record = self.record()
        return self.mapping.read(self.mapping.reduce(record.fields)).values.get(path) if record else None
