"""An Airtable of many records, all shared and linked, and what another sync of it costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from hub.app import open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.demo.samples import Sample
from hub.sync.run import sync_all

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.elm]
name = "Elm Fund"
lawful_basis = "a benchmark"
[connections.elm]
member = "elm"
system = "airtable"
mapping = "airtable"
shares = true
first_sync = "go"
allow_http = true
[connections.elm.options]
url = "{url}"
base = "appBenchmark00001"
token = "file:secret"
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one sync in which nothing had changed: calls by kind, seconds of this process (the system's own
    limit of calls a second is not waited for), and the peak memory of a ``hub sync`` process in MB."""

    records: int
    reads: int
    writes: int
    seconds: float
    peak_mb: float


@contextmanager
def linked(count: int) -> Iterator[tuple[AirtableSandbox, Path]]:
    """A configured hub whose first sync is done."""
    samples = [
        Sample(f"Project {n}", "What it does, in a sentence of usual length. " * 4, f"Organisation {n}", "Kenya", "Kisumu",
               ("Education", "Health"), 1000 + n, "USD", True)
        for n in range(count)
    ]  # fmt: skip
    sandbox = serve_airtable(seeds.airtable("appBenchmark00001", samples), calls=None)
    try:
        with TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "secret").write_text(seeds.SECRET)
            (folder / "secret").chmod(0o600)
            (folder / "config.toml").write_text(CONFIG.format(url=sandbox.api))
            _sync(folder)
            yield sandbox, folder
    finally:
        sandbox.stop()


def _sync(folder: Path) -> float:
    hub = open_hub(load(folder / "config.toml"), time=ManualTime(datetime.now(UTC)))
    started = perf_counter()
    (result,) = sync_all(hub)
    assert result.state == "done", result.message
    hub.engine.dispose()
    return perf_counter() - started


def unchanged(count: int, memory: bool = True) -> Cost:
    """Link ``count`` records, then sync them again."""
    with linked(count) as (sandbox, folder):
        before = len(sandbox.seen)
        seconds = _sync(folder)
        calls = list(sandbox.seen)[before:]
        records = [call for call in calls if "/meta/" not in call.path]
        peak = _peak(folder) if memory else 0.0
        return Cost(
            count, sum(c.method == "GET" for c in records), sum(c.method != "GET" for c in records), seconds, peak
        )


def _peak(folder: Path) -> float:
    """What the process itself ever held (VmHWM, Linux): what the kernel counts for a child starts with its parent's."""
    command = [sys.executable, "-c", PEAK, "sync", "--config", str(folder / "config.toml")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
    return int(done.stderr.split()[-1]) / 1024


PEAK = """
import atexit, re, sys
from hub.cli import main
def tell():
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
atexit.register(tell)
main()
"""
