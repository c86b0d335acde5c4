"""Records in a member's system that look like an opportunity which is about to be created there. For people to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from connectors.contract import Record
from hub.store import links, opportunities
from hub.store.tables import Link
from hub.sync.known import key_in
from hub.sync.plan import Item
from hub.sync.references import Settled
from hub.sync.turn import Turn

ALIKE = 0.75
"""Share of two titles' letters that stand in the same order (``difflib``), from which they count as like."""
LONGEST = 300
"""Characters of a title that are compared."""


class Why(StrEnum):
    TITLE = "same title"
    ORGANISATION = "same organisation, like title"
    KEY = "its key"


@dataclass(frozen=True, slots=True)
class Likely:
    """One record. ``of``: the title of the opportunity that has it already; ``keyed``: it carries another key, so that it is
    somebody else's. Either way it cannot be this one."""

    id: str
    title: str
    why: Why
    url: str | None = None
    of: str | None = None
    keyed: bool = False

    @property
    def free(self) -> bool:
        return self.of is None and not self.keyed


def like(one: str, other: str) -> bool:
    """Whether two titles could be of one project."""
    first, second = (" ".join(re.findall(r"\w+", text.casefold()))[:LONGEST] for text in (one, other))
    return bool(first and second) and (first == second or SequenceMatcher(None, first, second).ratio() >= ALIKE)


def likely(turn: Turn, item: Item, settled: Settled) -> list[Likely]:
    """What the system has under the same title, and under the same organisation with a like one; a few searches, never a
    whole listing. ``Invalid`` where it cannot be searched."""
    titles = [c for c in turn.mapping.way("title").columns if isinstance(item.columns.get(c), str)]
    key = str(item.columns.get(turn.mapping.key or "") or "")
    found: dict[str, tuple[Record, Why]] = {}
    for column, value in _searches(turn, item, settled, titles):
        columns = list(dict.fromkeys([*titles, *((turn.mapping.key,) if turn.mapping.key else ()), column]))
        for record in turn.connector.lookup(turn.mapping.object, {column: value}, columns):
            title = _title(record, titles)
            if column in titles:
                found.setdefault(record.id, (record, Why.TITLE))
            elif like(title, item.title) or like(title, _title(Record("", item.columns), titles)):
                found.setdefault(record.id, (record, Why.ORGANISATION))
    with turn.hub.reading() as conn:
        there = links.by_remote(conn, turn.name, list(found))
        names = opportunities.titles(conn, [link.opportunity_id for link in there.values()])
    return [_described(turn, item, r, why, key, _title(r, titles), there.get(r.id), names) for r, why in found.values()]


def _described(
    turn: Turn, item: Item, record: Record, why: Why, key: str, title: str, link: Link | None, names: dict[str, str]
) -> Likely:
    carried = key_in(turn, record.fields)
    taken = link is not None and link.opportunity_id != item.opportunity_id
    of = names.get(link.opportunity_id, "?") if link is not None and taken else None
    known = Why.KEY if carried and carried == key else why
    return Likely(record.id, title, known, record.url, of, bool(carried) and carried != key)


def _searches(turn: Turn, item: Item, settled: Settled, titles: list[str]) -> Iterator[tuple[str, str]]:
    """``(column, text)``: the title as it would be written, registration numbers, the organisation."""
    for column in titles:
        yield column, item.columns[column]
    for part in turn.mapping.fields:
        if part.path.startswith("organization.identifiers.") and len(part.columns) == 1:
            value: Any = item.columns.get(part.columns[0])
            if isinstance(value, str) and value:
                yield part.columns[0], value
    for column, record in settled.found.items():
        yield column, record.id


def _title(record: Record, titles: list[str]) -> str:
    return " ".join(str(record.fields.get(column) or "") for column in titles)
