"""Two systems that undo each other for ever, seen from one link: the hub wrote, and the system changed it back. Pure.

A link keeps for each path ``[times, scan]``: how many times running the system changed the value right after the
hub had written it, and the scan of the hub's last write; once that write was answered, the scan of the answer,
negative. The third time a person is asked instead (I3). A write is answered once: whoever edits a field three
times without the hub in between undoes nobody's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Rounds = dict[str, list[int]]
ROUNDS = 3
SOON = 3
"""Scans within which a change counts as the answer to a write; a feed may show it a scan or two late."""


def wrote(rounds: Mapping[str, list[int]], paths: Iterable[str], scan: int) -> Rounds:
    """The hub wrote these paths in this scan."""
    return dict(rounds) | {path: [rounds.get(path, [0, 0])[0], scan] for path in paths}


def answered(rounds: Mapping[str, list[int]], paths: Iterable[str], scan: int) -> Rounds:
    """The system shows these paths changed. Long after the last write, it is somebody's ordinary edit."""
    return dict(rounds) | {path: _answered(rounds[path], scan) for path in paths if path in rounds}


def _answered(counted: list[int], scan: int) -> list[int]:
    times, at = counted
    if scan - abs(at) > SOON:
        return [0, at]
    return [times + 1, -scan] if at > 0 else [times, at]


def looping(rounds: Mapping[str, list[int]], scan: int) -> frozenset[str]:
    """Paths where one more change by the system would be the third in a row."""
    return frozenset(path for path, (times, at) in rounds.items() if times + 1 >= ROUNDS and _soon(at, scan))


def _soon(at: int, scan: int) -> bool:
    return at > 0 and scan - at <= SOON
