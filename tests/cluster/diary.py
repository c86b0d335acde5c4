"""What the processes' diary proves: who worked on what, when, and how long anybody waited."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Worked:
    """One run. ``whole`` is False where its process was killed meanwhile; seconds on the machine's monotonic clock."""

    name: str
    begin: float
    end: float
    whole: bool
    state: str = ""
    db: float = 0.0
    cpu: float = 0.0


def read(file: Path, killed: Mapping[int, float], now: float) -> list[Worked]:
    """Runs by when they began. A run without an end ended when its process was killed, else goes on until ``now``."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in file.read_text().splitlines()]
    found, open_ = [], {}
    for line in lines:
        key = (line["pid"], line["name"])
        if line["what"] == "begin":
            open_[key] = line["t"]
        elif key in open_:
            found.append(Worked(line["name"], open_.pop(key), line["t"], True, line["state"], line["db"], line["cpu"]))
    found += [Worked(name, begin, killed.get(pid, now), False) for (pid, name), begin in open_.items()]
    return sorted(found, key=lambda run: run.begin)


def by_name(runs: list[Worked]) -> dict[str, list[Worked]]:
    found = defaultdict(list)
    for run in runs:
        found[run.name].append(run)
    return found


def overlaps(runs: list[Worked]) -> list[str]:
    """Two at the same connection at once. The end is noted a moment after the lease was given back, hence the grace."""
    found = []
    for name, own in by_name(runs).items():
        for one, next_ in pairwise(own):
            if next_.begin < one.end - 0.25:
                found.append(f"{name}: one run from {one.begin:.1f} to {one.end:.1f}, another from {next_.begin:.1f}")
    return found


def longest_wait(runs: list[Worked], names: list[str], since: float, until: float) -> tuple[float, str]:
    """The longest that one of these connections was without a run, and which."""
    own = by_name(runs)
    worst = (0.0, "")
    for name in names:
        ends = since
        for run in own.get(name, []):
            worst = max(worst, (run.begin - ends, name))
            ends = max(ends, run.end)
        worst = max(worst, (until - ends, name))
    return worst
