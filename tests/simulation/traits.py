"""What one simulated grants system is like, drawn by the seed. Nothing in here changes while a script runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Traits:
    """Seconds, unless said otherwise.

    ``late``: how long a person's change may take until lists show it, always less than ``overlap``, which is none where
    everything is shown at once.
    ``find_lag``: how long a new row may stay out of sight of searches and lists. ``granularity``, ``skew`` and
    ``steps_back`` are its clock's: stamps are cut to the first, off by the second, and the clock is set back
    by the third at one moment. ``proves``: it says of a deleted row that it was deleted. ``counts``: lists tell how many
    rows there are. ``echoes``: the answer to a write shows the row as it stands. ``selects``: it shows only the columns
    asked for. ``normalises``: column to what it does to every value put there.
    """

    feed: Literal["token", "timestamp", "full_scan"]
    guard: Literal["strong", "none"]
    key: Literal["text", "integer", "none"]
    tombstones: bool
    proves: bool
    upsert: bool
    counts: bool
    echoes: bool
    selects: bool
    page: int
    batch: int
    overlap: float = 0.0
    late: float = 0.0
    find_lag: float = 0.0
    granularity: float = 0.0
    skew: float = 0.0
    steps_back: float = 0.0
    calls: int = 100
    seconds: float = 1.0
    normalises: Mapping[str, str] = field(default_factory=dict)


def draw(chance: Random) -> Traits:
    """One system. Combinations that no hub could serve are left out, each with its reason here."""
    feed: Literal["token", "timestamp", "full_scan"] = chance.choice(["token", "timestamp", "full_scan"])
    granularity = chance.choice([0.0, 1.0, 60.0])
    overlap = chance.choice([0.0, 300.0, 600.0])
    # A clock set back by more than the overlap hides changes from any feed by stamps.
    steps_back = chance.choice([0.0, 0.0, 60.0, 120.0]) if overlap else 0.0
    late = chance.choice([0.0, 5.0, 60.0]) if feed == "timestamp" else chance.choice([0.0, 0.0, 30.0])
    late, find_lag = (late, chance.choice([0.0, 0.0, 2.0, 20.0])) if overlap else (0.0, 0.0)
    key: Literal["text", "integer", "none"] = chance.choice(["text"] * 6 + ["integer"] * 2 + ["none"])
    return Traits(
        feed=feed,
        guard=chance.choice(["strong", "none"]),
        key=key,
        tombstones=feed != "full_scan" and chance.random() < 0.7,
        proves=chance.random() < 0.6,
        upsert=chance.random() < 0.4 and key != "none",
        counts=feed != "full_scan" or chance.random() < 0.5,
        echoes=chance.random() < 0.5,
        selects=chance.random() < 0.6,
        page=chance.choice([1, 2, 3, 50]),
        batch=chance.choice([1, 2, 10]),
        overlap=overlap,
        late=late,
        find_lag=find_lag,
        granularity=granularity,
        skew=chance.choice([0.0, 0.0, DAY, -DAY, 7.5]),
        steps_back=steps_back,
        calls=chance.choice([5, 10, 100]),
        seconds=chance.choice([1.0, 10.0]),
        normalises=_normalises(chance),
    )


def _normalises(chance: Random) -> dict[str, str]:
    """Mostly nothing; ``upper`` and ``lower`` meet in worlds where two systems undo each other's work."""
    if chance.random() < 0.55:
        return {}
    return {
        column: kind
        for column, kind in (
            ("Title", chance.choice(["", "upper", "lower", "cut", "trim"])),
            ("Summary", chance.choice(["", "trim", "cut"])),
            ("Ask", chance.choice(["", "round"])),
        )
        if kind
    }


def normalised(kind: str, value: object) -> object:
    """What a system makes of a value that is put there."""
    if isinstance(value, str):
        changed = {"upper": value.upper(), "lower": value.lower(), "trim": value.strip(), "cut": value[:14]}
        return changed.get(kind, value)
    if kind == "round" and isinstance(value, int):
        return value // 10 * 10
    return value
