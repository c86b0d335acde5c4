"""Two systems that undo each other for ever, seen from one link: the hub wrote, and the system changed it back. Pure.

A link keeps for each path ``[times, scan]``: how many times running the system changed the value right after the
hub had written it, and the scan of the hub's last write. The third time a person is asked instead (I3).
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
    counted = {path: rounds[path] for path in paths if path in rounds}
    return dict(rounds) | {path: [times + 1 if _soon(at, scan) else 0, at] for path, (times, at) in counted.items()}


def looping(rounds: Mapping[str, list[int]], scan: int) -> frozenset[str]:
    """Paths where one more change by the system would be the third in a row."""
    return frozenset(path for path, (times, at) in rounds.items() if times + 1 >= ROUNDS and _soon(at, scan))


def _soon(at: int, scan: int) -> bool:
    return at > 0 and scan - at <= SOON
