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


def look(api: Api, reader: Reader, ids: Sequence[str]) -> dict[str, Found]:
    """Those of these submissions that are there and in this connection's projects."""
    found: dict[str, Found] = {}
    for id, row in submissions.by_id(api, ids).items():
        if not reader.place.has(row.project):
            continue
        entries = filled.of_submission(api, row.id)
        if entries is not None:
            found[id] = Found(reader.record(row, entries), row, tuple(entries))
    return found
