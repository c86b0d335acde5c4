"""Submissions one by one, by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.contract import Record
from connectors.submittable import entries as filled
from connectors.submittable import submissions
from connectors.submittable.api import Api
from connectors.submittable.entries import Entry
from connectors.submittable.reading import Reader
from connectors.submittable.submissions import Row


@dataclass(frozen=True, slots=True)
class Found:
    """A submission as it stands now, with its filled-in forms, reviews and all: for this moment only."""

    record: Record
    row: Row
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """``found``: what is there and in this connection's projects, by id. ``withheld``: ids of submissions that are shown
    without their answers; nothing can be said of those."""

    found: dict[str, Found]
    withheld: tuple[str, ...]


def look(api: Api, reader: Reader, ids: Sequence[str]) -> Looked:
    """These submissions as they stand."""
    found: dict[str, Found] = {}
    withheld: list[str] = []
    for id, row in submissions.by_id(api, ids).items():
        if not reader.place.has(row.project):
            continue
        entries = filled.of_submission(api, row.id)
        if entries is None:
            withheld.append(id)
        else:
            found[id] = Found(reader.record(row, entries), row, tuple(entries))
    return Looked(found, tuple(withheld))
