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
from hub.commons.ledger import represented
from hub.config import ConnectionConfig
from hub.jobs import lease
from hub.stopping import Cancelled, Stopped
from hub.store.tables import Commitment, Opportunity
from hub.sync.history import Cause
from hub.sync.reconcile import digest
from mappings.language import Mapping

if TYPE_CHECKING:
    from hub.app import Hub


def nothing(event: str, **facts: Any) -> None:
    """A reporter that says nothing."""


@dataclass(slots=True)
class Turn:
    """One run of one connection. ``counts`` is what the run's page shows, see ``tables.Run``; ``prefers`` holds
    people's standing rules, ``{member: {path: connection}}``; ``page`` is the page of the listing in hand; ``candidates``
    what an inbox says beside an opportunity's view, by its id; ``absent`` the record ids that were missing in too large a
    number to be asked for; ``restored``: the hub may have forgotten what it wrote, see ``store.restored``; ``inherited``: what
    earlier runs brought is judged with this one; ``kept_at`` when the lease was last prolonged, on the monotonic clock and rather
    too early; ``cancelled``: a person asked it to end."""

    hub: Hub
    config: ConnectionConfig
    mapping: Mapping
    connector: Connector
    run_id: str
    fence: int
    scan: int
    names: dict[str, str]
    prefers: dict[str, dict[str, str]] = field(default_factory=dict)
    page: int = 0
    candidates: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    report: Callable[..., None] = nothing
    restored: bool = False
    inherited: bool = False
    kept_at: float = -math.inf
    cancelled: bool = False

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
        return self.hub.time.now()

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
        began = self.hub.time.monotonic()
        with self.hub.writing() as conn:
            self.cancelled |= lease.keep(conn, self.name, self.fence, self.now())
            yield conn
        self.kept_at = began  # a database that answers late, the commit too, has prolonged it from here on

    def writes_until(self) -> float:
        """No write to the system may leave after this moment of the monotonic clock: it would end when the lease is over."""
        return self.kept_at + lease.LEASE.total_seconds() - DEADLINE

    def key_of(self, opportunity: Opportunity) -> Any:
        """The opportunity's id as this system can hold it."""
        return opportunity.number if self.can.key == "integer" else opportunity.id

    def view(self, opportunity: Opportunity, commitments: dict[str, Commitment]) -> dict[str, Any]:
        """The opportunity as this system is to show it; an inbox also says why it is there, and another commons gets the
        position of the member that it is told for."""
        seen = self.hub.view(opportunity, commitments, self.member, self.names)
        if self.config.speaks_for:
            seen |= represented(commitments, self.config.speaks_for)
        return seen | self.candidates.get(opportunity.id, {})


def agreement(
    mapping: Mapping, view: dict[str, Any], before: dict[str, Any], unsettled: Container[str] = ()
) -> dict[str, Any]:
    """The digests of the commons values on which a record agrees with the commons now."""
    two_way = [part.path for part in mapping.fields if part.reads and part.writes]
    known = {path: before[path] for path in two_way if path in before}
    return known | {path: digest(view.get(path)) for path in two_way if path not in unsettled}
