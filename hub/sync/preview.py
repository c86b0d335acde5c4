"""What importing an opportunity would write into a member's system, worked out by the code that will write it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.contract import ConnectorError, Invalid
from hub.app import Hub
from hub.store.tables import Commitment, Link, Opportunity
from hub.sync import plan, references
from hub.sync.known import Known
from hub.sync.likely import Likely, likely
from hub.sync.plan import Item
from hub.sync.reconcile import BLANK
from hub.sync.references import Settled
from hub.sync.turn import Turn

Raw = dict[str, Any]
PATIENCE = 6.0
"""Seconds that one call may take while a person looks at an empty page."""
LATE = "It takes too long to answer."
ENOUGH = 20.0
"""Seconds after which nothing more is asked for one page."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field as it will be written. ``path`` is None for what the mapping adds to every new record and for the key;
    ``value`` is the commons value as the system will hold it, or else the plain value of the column; ``missing`` says why
    it is not there, or not whole."""

    path: str | None
    columns: tuple[str, ...]
    value: Any
    missing: str = ""


@dataclass(slots=True)
class Preview:
    """``item``: what the plan would hold. ``columns``: all that goes over the wire. ``settled``: organisations and owner,
    None where the system did not answer. ``alike``: None where nobody could look. ``silent``: what it said instead of an
    answer; ``unsearched``: why it was not searched for likely duplicates."""

    item: Item
    lines: tuple[Line, ...]
    columns: Raw
    settled: Settled | None = None
    alike: list[Likely] | None = None
    silent: str = ""
    unsearched: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A connection opened to look, for one page. ``until``: the monotonic moment after which nothing more is asked."""

    turn: Turn
    until: float

    def late(self) -> bool:
        return self.turn.hub.time.monotonic() >= self.until


@contextmanager
def reader(hub: Hub, connection: str) -> Iterator[Reader]:
    """Raises ``ConnectorError`` where its settings cannot work."""
    connector = hub.connect(connection, patience=PATIENCE)
    config = hub.config.connections[connection]
    try:
        turn = Turn(hub, config, hub.mapping(connection), connector, run_id="", fence=0, scan=0)
        yield Reader(turn, hub.time.monotonic() + ENOUGH)
    finally:
        connector.close()


def preview(look: Reader, opportunity: Opportunity, positions: dict[str, Commitment], user_id: str) -> Preview:
    """All of it, for this officer. A system that does not answer leaves gaps, and never raises."""
    seen = _begun(look, opportunity, positions, user_id)
    with _answering(seen):
        seen.settled = references.settle(look.turn, seen.item)
        seen.columns |= seen.settled.columns
    if seen.settled is not None:
        _compare(look, seen, seen.settled)
    return seen


def compared(look: Reader, opportunity: Opportunity, positions: dict[str, Commitment], user_id: str) -> Preview:
    """Only whether it seems to be there already; for many in a row."""
    seen = _begun(look, opportunity, positions, user_id)
    organisations = None
    if look.late():
        seen.silent = LATE
        return seen
    with _answering(seen):
        organisations = references.organisations(look.turn, seen.item)
    if organisations is not None:
        _compare(look, seen, organisations)
    return seen


def _begun(look: Reader, opportunity: Opportunity, positions: dict[str, Commitment], user_id: str) -> Preview:
    turn = look.turn
    link = Link(id="", connection_id=turn.name, opportunity_id=opportunity.id, state="wanted", picked_by=user_id)
    item = plan.creation(turn, Known(commitments={opportunity.id: positions}), opportunity, link)
    return Preview(item, lines(turn, item), dict(item.columns))


@contextmanager
def _answering(seen: Preview) -> Iterator[None]:
    try:
        yield
    except ConnectorError as error:
        seen.silent = str(error)


def _compare(look: Reader, seen: Preview, settled: Settled) -> None:
    if look.late():
        seen.silent = LATE
        return
    with _answering(seen):
        try:
            seen.alike = likely(look.turn, seen.item, settled)
        except Invalid as error:
            seen.unsearched = str(error)


def lines(turn: Turn, item: Item) -> tuple[Line, ...]:
    """Every field that goes into the new record, or should and cannot; then what the mapping adds to each."""
    mapping = turn.mapping
    shown = mapping.read(mapping.reduce(item.columns)).values
    referred = {link.column for link in mapping.links}
    found = []
    for part in mapping.fields:
        there = shown.get(part.path) if any(c in item.columns for c in part.columns) else None
        missing = item.missing.get(part.path, "")
        if part.seeds and (there not in BLANK or missing) and part.columns[0] not in referred:
            found.append(Line(part.path, part.columns, there, missing))
    said = {column for line in found for column in line.columns}
    rest = [Line(None, (column,), value) for column, value in item.columns.items() if column not in said]
    return (*found, *rest)
