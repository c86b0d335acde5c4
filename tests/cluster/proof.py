"""The proof: processes over one PostgreSQL at work on many connections while one after another is killed."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from typing import Any

import requests
from sqlalchemy import Engine, text

from connectors.airtable.api import CALLS_A_BASE
from hub.signing import sign
from hub.store.engine import open_engine, reading, writing
from tests.cluster import diary
from tests.cluster.process import run
from tests.cluster.systems import HOOK, Place, Systems

Say = Callable[[str], None]
WORDS = 100
"""In each long field, where it is measured how large things get: some 2 KB a record."""

GRACE = 20.0
"""Seconds: on a small machine a process that takes a killed one's place is long in starting, and the others wait for it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """``lease`` in seconds, 120 for what the product has. ``kill``: a worker every so many seconds. ``settle``: how long all may
    take to be as it should once nothing disturbs any more, beside a lease, an interval and four rounds."""

    connections: int = 50
    tables: int = 10
    every: int = 15
    records: int = 2
    webs: int = 2
    workers: int = 4
    places: int = 8
    seconds: float = 300
    kill: float = 5
    edit: float = 1
    lease: float = 120
    settle: float = 300
    seed: int = 1
    mistake: str = ""


@dataclass
class Found:
    """What happened. ``wrong`` is what must not, on any machine; ``late`` what must not where there is ``room``; the rest are
    measurements, times in seconds. ``round``: how long the workers take here to run every connection once, all of them due at
    once and nobody killed. What may be asked of them follows from it."""

    wrong: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    round: float = 0.0
    room: bool = True
    kills: int = 0
    runs: int = 0
    broken: int = 0
    edits: int = 0
    calls: int = 0
    most_in_a_second: int = 0
    most_in_ten: int = 0
    longest_wait: float = 0.0
    hints: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    database_share: float = 0.0


class Processes:
    """Those of one proof, forked from one that has imported everything. A killed one's time is kept, for its runs ended then."""

    def __init__(self, config: Path, folder: Path, wish: Wish) -> None:
        self._config, self._folder, self._wish = config, folder, wish
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["tests.cluster.process", "hub.cli.web", "hub.jobs.worker", "hub.web.app"])
        self.diary = folder / "diary"
        self.diary.touch()
        self.workers: list[BaseProcess] = []
        self.webs: list[BaseProcess] = []
        self.urls: list[str] = []
        self.killed: dict[int, float] = {}

    def begin(self) -> None:
        self.webs = [self._start("web", "--port", "0") for _ in range(self._wish.webs)]
        self.workers = [self._worker() for _ in range(self._wish.workers)]
        until(lambda: len(self._said()) == self._wish.webs, 90)
        self.urls = self._said()
        assert len(self.urls) == self._wish.webs, (self._folder / "web.log").read_text()

    def _said(self) -> list[str]:
        log = self._folder / "web.log"
        return re.findall(r"pages: (http://\S+)", log.read_text()) if log.exists() else []

    def _worker(self) -> BaseProcess:
        return self._start("worker", "--places", str(self._wish.places))

    def _start(self, *words: str) -> BaseProcess:
        settings = {"lease": self._wish.lease, "diary": str(self.diary), "mistake": self._wish.mistake}
        command = (*words, "--config", str(self._config))
        process = self._context.Process(target=run, args=(command, str(self._folder / f"{words[0]}.log"), settings))
        process.start()
        return process

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL; another takes its place at once."""
        number = chance.randrange(len(self.workers))
        worker = self.workers[number]
        worker.kill()
        worker.join()
        self.killed[worker.pid or 0] = time.monotonic()
        self.workers[number] = self._worker()

    def end(self) -> None:
        for process in (*self.workers, *self.webs):
            process.terminate()
        for process in (*self.workers, *self.webs):
            process.join(30)
            if process.is_alive():
                process.kill()
                process.join()


def prove(folder: Path, database: str, wish: Wish, say: Say = print) -> Found:
    """``folder`` is for files of this proof, ``database`` an empty one."""
    systems, chance = Systems(), random.Random(wish.seed)
    systems.build(wish.connections, wish.tables, wish.every, wish.records)
    processes = Processes(systems.configuration(folder, database), folder, wish)
    found = Found()
    try:
        began = time.monotonic()
        processes.begin()
        until(lambda: len(diary.by_name(_runs(processes))) == wish.connections, 120 + wish.connections)
        say(
            f"{wish.connections} connections, {wish.workers} workers: every one ran once after {time.monotonic() - began:.0f} s"
        )
        found.round = _round(systems, processes, database, wish)
        say(f"a round of all takes {found.round:.0f} s here; each is due every {wish.every} s")
        found.room = found.round <= wish.every / 2
        began = time.monotonic()
        _disturb(systems, processes, wish, chance, found)
        stopped = time.monotonic()
        systems.rest()
        say(f"{found.kills} workers killed, {systems.edits} edits; now it comes to rest")
        until(lambda: not systems.wrong(), wish.settle + wish.lease + wish.every + 4 * found.round)
        found.wrong += systems.doubled()[:10]
        found.late += systems.wrong()[:10]
        _judge(systems, processes, wish, found, began, stopped)
        _look_into(database, found)
    finally:
        processes.end()
        systems.stop()
    return found


def _round(systems: Systems, processes: Processes, database: str, wish: Wish) -> float:
    """Seconds until every connection has run to its end since all of them were due at once; at most ten intervals."""
    until(lambda: not systems.wrong(), wish.settle)
    usual = {place.name for place in systems.places if not place.hinted}
    engine = open_engine(database)
    try:
        began = time.monotonic()
        with writing(engine) as conn:
            conn.execute(text("UPDATE connection SET due_at = now() AT TIME ZONE 'utc'"))
    finally:
        engine.dispose()
    until(lambda: usual <= {run.name for run in _runs(processes) if run.whole and run.begin >= began}, 10 * wish.every)
    return time.monotonic() - began


def _disturb(systems: Systems, processes: Processes, wish: Wish, chance: random.Random, found: Found) -> None:
    systems.people(wish.edit, chance)
    hinted = [place for place in systems.places if place.hinted]
    end, next_kill = time.monotonic() + wish.seconds, time.monotonic() + wish.kill
    while time.monotonic() < end:
        time.sleep(min(1.0, wish.kill))
        if hinted and chance.random() < 0.3:
            place = chance.choice(hinted)
            systems.edit(place, chance)
            found.hints += _hint(processes, place, chance)
        if processes.urls:
            asked = time.monotonic()
            requests.get(chance.choice(processes.urls) + "/sign-in", timeout=30)
            found.pages.append(time.monotonic() - asked)
        if wish.kill and time.monotonic() >= next_kill:
            processes.kill_one(chance)
            found.kills += 1
            next_kill += wish.kill


def _hint(processes: Processes, place: Place, chance: random.Random) -> list[float]:
    """How long until a run begins, of a connection that would not run for an hour; nothing where one is under way."""
    id, seconds = f"msg-{chance.random()}", str(int(datetime.now(UTC).timestamp()))
    headers = {"webhook-id": id, "webhook-timestamp": seconds,
               "webhook-signature": f"v1,{sign(HOOK, id, seconds, b'{}')}"}  # fmt: skip
    asked = time.monotonic()
    answer = requests.post(
        f"{chance.choice(processes.urls)}/hooks/{place.name}", data=b"{}", headers=headers, timeout=30
    )
    assert answer.status_code == 202, answer.text
    for _ in range(60):
        later = [run for run in diary.by_name(_runs(processes)).get(place.name, []) if run.begin > asked]
        if later:
            return [later[0].begin - asked]
        time.sleep(0.05)
    return []


def _judge(systems: Systems, processes: Processes, wish: Wish, found: Found, since: float, until: float) -> None:
    runs = _runs(processes)
    found.wrong += diary.overlaps(runs)[:10]
    usual = [place.name for place in systems.places if not place.hinted]
    found.longest_wait, name = diary.longest_wait(runs, usual, since, until)
    # Behind whatever else has become due: that is a round, and another for what the killed ones had in hand.
    longest = wish.every + wish.lease + 2 * found.round + GRACE
    if found.longest_wait > longest:
        found.late.append(f"{name} waited {found.longest_wait:.0f} s for a run, where {longest:.0f} s are allowed")
    whole = [run for run in runs if run.whole]
    found.runs, found.broken, found.edits = len(whole), len(runs) - len(whole), systems.edits
    found.calls, found.most_in_a_second, found.most_in_ten = systems.calls(), *map(systems.most_within, (1.0, 10.0))
    # What left in time may arrive late and bunched on a busy machine; over ten seconds that makes no difference.
    if found.most_in_ten > CALLS_A_BASE * 10 + CALLS_A_BASE:
        found.wrong.append(f"a base that allows {CALLS_A_BASE} calls a second saw {found.most_in_ten} in ten")
    took = sum(run.end - run.begin for run in whole)
    found.database_share = sum(run.db for run in whole) / took if took else 0.0


def _look_into(database: str, found: Found) -> None:
    engine = open_engine(database)
    try:
        with reading(engine) as conn:
            broken = conn.scalar(text("SELECT count(*) FROM intent WHERE state = 'open'"))
            twice = conn.scalar(text("SELECT count(*) FROM (SELECT 1 FROM link GROUP BY connection_id, opportunity_id HAVING count(*) > 1) d"))  # fmt: skip
        found.late += [f"{broken} writes are still open"] * bool(broken)
        found.wrong += [f"{twice} double links"] * bool(twice)
    finally:
        engine.dispose()


def throughput(folder: Path, database: str, wish: Wish) -> dict[str, float]:
    """Runs a second when everything is due all the time and nothing changes, and the database's share of a run."""
    systems = Systems(words=WORDS)
    systems.build(wish.connections, wish.tables, 3600, wish.records)
    processes = Processes(systems.configuration(folder, database), folder, wish)
    engine = open_engine(database)
    try:
        processes.begin()
        until(lambda: not systems.wrong(), wish.settle)
        began, used, calls = time.monotonic(), _processor(folder), systems.calls()
        while time.monotonic() < began + wish.seconds:
            with writing(engine) as conn:
                conn.execute(text("UPDATE connection SET due_at = now() AT TIME ZONE 'utc' WHERE lease_until IS NULL"))
            time.sleep(0.5)
        runs = [one for one in _runs(processes) if one.whole and one.begin >= began]
        used, calls = _processor(folder) - used, systems.calls() - calls
        sizes = _sizes(engine)
    finally:
        engine.dispose()
        processes.end()
        systems.stop()
    took = sum(run.end - run.begin for run in runs)
    return {
        "runs a second": len(runs) / wish.seconds,
        "seconds a run": median(run.end - run.begin for run in runs) if runs else 0.0,
        "processor of a worker for a run": median(run.cpu for run in runs) if runs else 0.0,
        "processor of the database for a run": used / (len(runs) or 1),
        "calls a run": calls / (len(runs) or 1),
        "database's share": sum(run.db for run in runs) / took if took else 0.0,
    } | sizes


def _processor(folder: Path) -> float:
    """Seconds of the processor that this folder's PostgreSQL has used, its children included; Linux only."""
    pid = (folder / "postgres" / "postmaster.pid").read_text().split()[0]
    spent = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if stat.parent.name == pid:
            spent += sum(map(int, parts[11:15]))
        elif parts[1] == pid:
            spent += sum(map(int, parts[11:13]))
    return spent / os.sysconf("SC_CLK_TCK")


def _sizes(engine: Engine) -> dict[str, float]:
    """Bytes a row, indexes and what stands beside included, of the tables that grow."""
    found = {}
    with reading(engine) as conn:
        conn.execute(text("ANALYZE"))
        for table in ("opportunity", "link", "audit", "run", "intent", "finding", "finding_text", "finding_tag"):
            size = conn.scalar(text(f"SELECT pg_total_relation_size('{table}')"))
            rows = conn.scalar(text(f"SELECT count(*) FROM {table}"))
            found[f"bytes a row of {table}"] = float(size or 0) / (rows or 1)
    return found


def _runs(processes: Processes) -> list[diary.Worked]:
    return diary.read(processes.diary, processes.killed, time.monotonic())


def until(holds: Callable[[], Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not holds():
        time.sleep(0.5)
