"""For whom a file is made, and what the file will not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.commons import reading
from hub.store import members
from hub.store.finding import Looking
from hub.store.tables import Commitment, Opportunity
from schemas.fields import UnknownPath, spec

BLANK: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Reader:
    """``member``: what it may see is in the file. ``private``: the member whose hidden position is the reader's own business;
    ``""`` for nobody's. ``looking``: what of it; all where it is None. ``prefix``: the publisher prefix of 360Giving."""

    member: str
    private: str
    looking: Looking | None = None
    prefix: str = "360G-unregistered"


@dataclass(slots=True)
class Losses:
    """``rows``: how many the file has; ``fields``: by path, in how many opportunities a value of it is left out;
    ``refused``: by reason, how many opportunities or commitments are left out whole."""

    rows: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def lose(self, view: Mapping[str, Any], kept: Collection[str]) -> None:
        self.fields.update(named(p) for p, value in view.items() if p not in kept and value not in BLANK and known(p))


def views(
    conn: Connection, hub: Hub, reader: Reader
) -> Iterator[tuple[Opportunity, Mapping[str, Commitment], dict[str, Any]]]:
    """What this reader may see, a batch at a time."""
    names = members.names(conn)
    for row, positions in reading.visible(conn, hub, reader.member, reader.looking):
        yield row, positions, hub.view(row, positions, reader.private, names)


def named(path: str) -> str:
    """A keyed field counts as one, whatever its keys."""
    return spec(path).path


def known(path: str) -> bool:
    """Whether a field of a view belongs into a file at all. A position in a view is always the reader's own."""
    try:
        return spec(path).cls != "never" or path.startswith("commitment.")
    except UnknownPath:
        return False
