"""Pieces of work in processes of their own, one after the other and in turns, against one server each; medians of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

PEERS = Path(__file__).with_name("peers")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and its bar. ``ratio`` is in the bar's own unit: times the floor, seconds, MB, records a second.
    ``shown``: what was measured, for people."""

    name: str
    ratio: float
    bar: float
    shown: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    def line(self) -> str:
        way = "at least" if self.at_least else "at most"
        return (
            f"{'met   ' if self.met else 'MISSED'} {self.name}: {self.ratio:,.2f} ({way} {self.bar:,.2f}); {self.shown}"
        )


def as_installed() -> dict[str, str]:
    """The environment of a process whose modules are compiled once and kept, as an installer leaves them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Stage:
    folder: Path
    size: int
    runs: int
    peers: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians: seconds of CPU, seconds of the clock, MB at the peak; and of one of them the calls of systems by method."""

    records: float
    cpu: float
    wall: float
    peak: float
    calls: dict[str, int] = field(default_factory=dict)

    def each(self) -> str:
        return f"{1e6 * self.cpu / self.records:,.0f} µs of CPU a record, {self.wall:.1f} s, {self.peak:.0f} MB"


class Bench:
    """What the rows of the table are made with."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._number = count()

    @contextmanager
    def servers(self, *sizes: int) -> Iterator[list[str]]:
        """One server for each of these numbers of records; their addresses."""
        command = [sys.executable, "-m", "tests.benchmarks.server"]
        started = [subprocess.Popen([*command, str(size)], stdout=subprocess.PIPE, text=True) for size in sizes]
        try:
            yield [f"http://127.0.0.1:{int(one.stdout.readline())}" for one in started if one.stdout]
        finally:
            for one in started:
                one.terminate()
                one.wait()

    def file(self) -> Path:
        """A database that is not there yet."""
        return self.stage.folder / f"{next(self._number)}.db"

    def hub(self, what: str, urls: list[str], database: str = "") -> dict[str, Any]:
        database = database or f"sqlite:///{self.file()}"
        return self._told([sys.executable, "-m", "tests.benchmarks.work", what, database, *urls])

    def peer(self, script: str, *arguments: str) -> dict[str, Any] | None:
        """None where the peers' environment is not there."""
        if not Path(self.stage.peers).exists():
            return None
        return self._told([self.stage.peers, str(PEERS / script), *arguments])

    def _told(self, command: list[str]) -> dict[str, Any]:
        done = subprocess.run(command, capture_output=True, text=True, env=as_installed())
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or not lines:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr[-2000:]}")
        told: dict[str, Any] = json.loads(lines[-1])
        return told

    def in_turns(self, **ways: Callable[[], dict[str, Any] | None]) -> dict[str, Cost]:
        """Each way so many times, one after the other and over again, so that what else the machine does meets all alike."""
        told: dict[str, list[dict[str, Any]]] = {}
        for _ in range(self.stage.runs):
            for name, way in ways.items():
                found = way()
                if found is not None:
                    told.setdefault(name, []).append(found)
        return {name: _medians(each) for name, each in told.items()}


def _medians(told: list[dict[str, Any]]) -> Cost:
    medians = (statistics.median(one[part] for one in told) for part in ("records", "cpu", "wall", "peak"))
    return Cost(*medians, calls=told[-1].get("calls", {}))
