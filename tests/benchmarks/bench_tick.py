"""From a tick in one foundation's system to the row in another's: 100 connections at ten Airtable bases of five calls a second,
each looked at every minute by one ``hub serve`` on SQLite; and where the system sends a hint, which would not be looked at for
an hour otherwise. ``python -m tests.benchmarks.bench_tick [SECONDS]``."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from hub.signing import sign
from tests.cluster.systems import HOOK, Place, Systems

CONNECTIONS, TABLES, EVERY = 100, 10, 60
BARS = {"by the minute": 75.0, "with a hint": 15.0}
"""Seconds at the 95th percentile."""
PAUSE = 4.0
"""Seconds between two ticks: some change more often than anybody looks."""
BEGIN = 600.0
"""Seconds that the first sync of all may take; it is not measured."""


@dataclass
class Tick:
    """``to``: whoever imports what is shared at ``place``. ``took``: seconds until the last of them had the row."""

    place: Place
    title: str
    to: list[Place]
    began: float
    took: float | None = None

    def look(self) -> None:
        if self.took is None and all(any(r["fields"]["Title"] == self.title for r in one.rows()) for one in self.to):
            self.took = time.monotonic() - self.began


def measured(folder: Path, seconds: float = 240.0) -> dict[str, list[float]]:
    """Seconds of each tick, by how its change was found."""
    systems = Systems()
    systems.build(CONNECTIONS, TABLES, EVERY, 1)
    config = systems.configuration(folder, "sqlite:///hub.db")
    log = folder / "serve.log"
    with log.open("w") as said:
        command = [sys.executable, "-m", "hub", "serve", "--port", "0", "--config", str(config)]
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, env=os.environ)
    try:
        assert serving.stdout is not None
        address = serving.stdout.readline().split()[2]
        wait_for(lambda: not systems.wrong(), BEGIN, log)
        return ticks(systems, address, seconds)
    finally:
        serving.terminate()
        serving.wait(60)
        systems.stop()


def ticks(systems: Systems, address: str, seconds: float) -> dict[str, list[float]]:
    """Somebody shares something every few seconds, in turns where a hint is sent and where none is. Those last made have the
    longest that is allowed, and are counted with what they had waited where they never came."""
    chance, made = random.Random(1), list[Tick]()
    watching = threading.Event()
    watch = threading.Thread(target=_watch, args=(made, watching), daemon=True)
    watch.start()
    hinted = [place for place in systems.places if place.hinted]
    others = [place for place in systems.places if not place.hinted]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        place = chance.choice(hinted if len(made) % 2 else others)
        to = [p for p in systems.places if p.country == place.country and p is not place and not p.hinted]
        tick = Tick(place, f"Tick {len(made)} of {place.name}", to, time.monotonic())
        place.share(tick.title)
        made.append(tick)
        if place.hinted:
            _hint(address, place)
        time.sleep(PAUSE)
    last = time.monotonic() + 2 * max(BARS.values())
    while time.monotonic() < last and any(tick.took is None for tick in made):
        time.sleep(0.5)
    watching.set()
    watch.join()
    waited = {id(tick): tick.took or time.monotonic() - tick.began for tick in made}
    return {
        "by the minute": [waited[id(tick)] for tick in made if not tick.place.hinted],
        "with a hint": [waited[id(tick)] for tick in made if tick.place.hinted],
    }


def _watch(made: list[Tick], over: threading.Event) -> None:
    while not over.wait(0.2):
        for tick in list(made):
            tick.look()


def _hint(address: str, place: Place) -> None:
    id, seconds = f"msg-{random.random()}", str(int(datetime.now(UTC).timestamp()))
    headers = {"webhook-id": id, "webhook-timestamp": seconds,
               "webhook-signature": f"v1,{sign(HOOK, id, seconds, b'{}')}"}  # fmt: skip
    answer = requests.post(f"{address}/hooks/{place.name}", data=b"{}", headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text


def wait_for(holds: Callable[[], bool], seconds: float, log: Path) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"the first sync of all took longer than {seconds:.0f} s: {log.read_text()[-2000:]}")
        time.sleep(0.5)


def p95(took: list[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(0.95 * len(took)))]


def main(seconds: float = 240.0) -> None:
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), seconds)
    for how, took in found.items():
        print(
            f"{how}: {len(took)} ticks, median {sorted(took)[len(took) // 2]:.1f} s, p95 {p95(took):.1f} s, longest {max(took):.1f} s"
        )
    assert all(p95(took) <= BARS[how] for how, took in found.items()), "later than is allowed"


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
