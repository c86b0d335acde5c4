"""A mapping tried on sample records: what cannot be read, and what does not come back as it went out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from mappings.entry import of_field
from mappings.finding import Severity
from mappings.language import Mapping
from mappings.source import Where
from schemas.said import phrase
from schemas.values import same

Said = tuple[Where, Severity, str]
ANOTHER = phrase("another text")
"""What came back, where only a column shows that it did."""


def trial(mapping: Mapping, sample: Iterable[dict[str, Any]]) -> Iterator[Said]:
    """Findings, each kind once a field with the number of records and the first example."""
    unread: Counter[tuple[str, str]] = Counter()
    changed: Counter[str] = Counter()
    first: dict[str, str] = {}
    count = 0
    for given in sample:
        count += 1
        raw = mapping.reduce(given)
        reading = mapping.read(raw)
        for problem in reading.problems:
            unread[problem.path, problem.message] += 1
        for path, was, came in _turned(mapping, raw, reading.values):
            changed[path] += 1
            first.setdefault(path, phrase("%(was)s came back as %(came)s", was=_short(was), came=_short(came)))
    where = {part.path: part.entry.where for part in mapping.fields}
    for (path, message), times in unread.items():
        fault = phrase(
            "cannot be read in %(times)s of %(count)s records: %(why)s", times=times, count=count, why=message
        )
        yield where[path], "error", of_field(path, fault)
    for path, times in changed.items():
        declared = mapping.way(path).lens.loses
        severity: Severity = "note" if declared else "error"
        fault = phrase(
            "does not come back as written in %(times)s of %(count)s: %(first)s.",
            times=times,
            count=count,
            first=first[path],
        )
        yield where[path], severity, of_field(path, fault)


def _turned(mapping: Mapping, raw: dict[str, Any], values: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Fields that putting back changes, or that a new record would show differently."""
    for column in mapping.write(values, raw).columns:
        for part in mapping.fields:
            if column in part.columns and part.writes:
                yield part.path, raw.get(column), ANOTHER
    written = mapping.write(values, None, creating=True)
    again = mapping.read(mapping.reduce(written.columns)).values
    for part in mapping.fields:
        if part.reads and part.writes and part.path not in written.unholdable and part.path in values:
            was, came = values[part.path], again.get(part.path)
            if not same(part.path, was, came):
                yield part.path, was, came


def _short(value: Any) -> str:
    if value is ANOTHER:
        return ANOTHER
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
