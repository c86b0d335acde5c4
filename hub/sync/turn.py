"""What the steps of one run share: whose turn it is, in which words, under which fence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from connectors.contract import Capabilities, Connector
from connectors.contract import Record as Record
from connectors.transport import DEADLINE
from hub.commons.ledger import UNNAMED, represented
from hub.commons.names import masked
from hub.config import ConnectionConfig
from hub.jobs import lease
from hub.stopping import Cancelled, Stopped
from hub.store import members, restored
from hub.store.left import Left
from hub.store.tables import Commitment, Opportunity
from hub.store.tables import Connection as ConnectionRow
from hub.sync import rules
from hub.sync.history import Cause
from hub.sync.reconcile import digest
from mappings.language import Mapping

if TYPE_CHECKING:
    from hub.app import Hub


FRESH = lease.LEASE.total_seconds() / 8
"""Seconds after which a run that brings nothing prolongs its lease all the same."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """See the properties of ``Turn`` with these names. ``masked``: who was a steward without its name, by opportunity."""

    names: dict[str, str]
    masked: dict[str, set[str]]
    prefers: dict[str, dict[str, str]]
    restored: bool = False


def nothing(event: str, **facts: Any) -> None:
    """A reporter that says nothing."""


@dataclass(slots=True)
class Turn:
    """One run of one connection. ``begun`` is the connection as it was when the run began, ``left`` what was left to do then.
    ``counts`` is what the run's page shows, and ``phase`` how far it is, see ``tables.Run``; ``page`` is the page of the listing in
    hand; ``cursor`` the position that is stored; ``candidates`` what an inbox says beside an opportunity's view, by its id;
    ``absent`` the record ids that were missing in too large a number to be asked for; ``inherited``: what earlier runs brought
    is judged with this one; ``stirred``: it stored something that may have to be judged; ``kept_at`` when the lease was last
    prolonged, on the monotonic clock and rather too early; ``cancelled``: a person asked it to end."""

    hub: Hub
    config: ConnectionConfig
    mapping: Mapping
    connector: Connector
    run_id: str
    fence: int
    scan: int
    begun: ConnectionRow | None = None
    left: Left | None = None
    page: int = 0
    cursor: str | None = None
    candidates: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    phase: str = "recover"
    report: Callable[..., None] = nothing
    inherited: bool = False
    stirred: bool = False
    kept_at: float = -math.inf
    cancelled: bool = False
    _learnt: Learnt | None = None
    _moment: datetime | None = None

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def member(self) -> str:
        return self.config.member

    @property
    def can(self) -> Capabilities:
        return self.connector.capabilities

    def now(self) -> datetime:
        """All of a transaction happens at one moment."""
        return self._moment or self.hub.time.now()

    def learn(self) -> Learnt:
        """Asked once, as soon as there is something to do: most runs need none of it. Not within a transaction."""
        if self._learnt is None:
            with self.hub.reading() as conn:
                restored_ = restored.recently(conn, self.now())
                self._learnt = Learnt(members.names(conn), masked(conn), rules.of_all(conn), restored_)
        return self._learnt

    @property
    def names(self) -> dict[str, str]:
        """The members' names, by id."""
        return self.learn().names

    @property
    def prefers(self) -> dict[str, dict[str, str]]:
        """People's standing rules, ``{member: {path: connection}}``."""
        return self.learn().prefers

    @property
    def restored(self) -> bool:
        """The hub may have forgotten what it wrote, see ``store.restored``."""
        return self.learn().restored

    def origin(self) -> dict[str, Any]:
        """Where a value that this run takes over comes from; see ``tables.Opportunity``."""
        return {"connection": self.name, "at": self.now().isoformat()}

    def cause(self, action: str, remote_id: str | None) -> Cause:
        """What this run's system did to the commons."""
        return Cause(
            self.now(), f"connection:{self.name}", action, "in", self.run_id, self.name, remote_id, self.member
        )

    def may_stop(self) -> None:
        """Nothing is half done here. Raises ``Stopped`` where the hub is to end, ``Cancelled`` where this run is."""
        if self.hub.stopping.is_set():
            raise Stopped
        if self.cancelled:
            raise Cancelled

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction of this run; the stale worker's ends here."""
        self.learn()
        self.stirred = True
        with self.noting() as conn:
            yield conn

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """The same for what is the run's own affair and judged by nobody: its position, what it was told of fields."""
        began = self.hub.time.monotonic()
        with self.hub.writing() as conn:
            self._moment = self.hub.time.now()
            try:
                self.cancelled |= lease.keep(conn, self.name, self.fence, self._moment)
                yield conn
            finally:
                self._moment = None
        self.kept_at = began  # a database that answers late, the commit too, has prolonged it from here on

    def lease_is_fresh(self) -> bool:
        """Nothing needs to be written for the lease's sake, nor to hear whether a person asked the run to end."""
        return self.hub.time.monotonic() < self.kept_at + FRESH

    def writes_until(self) -> float:
        """No write to the system may leave after this moment of the monotonic clock: it would end when the lease is over."""
        return self.kept_at + lease.LEASE.total_seconds() - DEADLINE

    def key_of(self, opportunity: Opportunity) -> Any:
        """The opportunity's id as this system can hold it."""
        return opportunity.number if self.can.key == "integer" else opportunity.id

    def view(self, opportunity: Opportunity, commitments: dict[str, Commitment]) -> dict[str, Any]:
        """The opportunity as this system is to show it; an inbox also says why it is there, and another commons gets the
        position of the member that it is told for."""
        formerly = self.learn().masked.get(opportunity.id, set()) - {opportunity.steward_id, self.member}
        names = {**self.names, **dict.fromkeys(formerly, UNNAMED)} if formerly else self.names
        seen = self.hub.view(opportunity, commitments, self.member, names)
        if self.config.speaks_for:
            seen |= represented(commitments, self.config.speaks_for)
        return seen | self.candidates.get(opportunity.id, {})


def agreement(
    mapping: Mapping, view: dict[str, Any], before: dict[str, Any], unsettled: Container[str] = ()
) -> dict[str, Any]:
    """The digests of the commons values on which a record agrees with the commons now."""
    known = {path: before[path] for path in mapping.two_way if path in before}
    return known | {path: digest(view.get(path)) for path in mapping.two_way if path not in unsettled}
