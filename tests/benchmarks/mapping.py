"""Sixteen fields of the benchmark's records: how many are read and written in a second of one core.

The names of countries and currencies are loaded first (27 ms, as long as 3,000 records take); each loop is run several times,
and the median counts.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from mappings import language
from tests.benchmarks.records import record

COUNT = 5_000
TIMES = 5


def main() -> None:
    mapping = language.load(Path(__file__).with_name("system.toml"))
    raws = [mapping.reduce(record(number)) for number in range(COUNT)]
    views = [mapping.read(raw).values for raw in raws]
    mapping.write(views[0], None, creating=True)

    def read() -> None:
        for raw in raws:
            mapping.read(raw)

    def write() -> None:
        for view in views:
            mapping.write(view, None, creating=True)

    print(json.dumps({"read": COUNT / seconds(read), "written": COUNT / seconds(write)}))


def seconds(loop: Callable[[], None]) -> float:
    """Of CPU."""
    took = []
    for _ in range(TIMES):
        began = time.process_time()
        loop()
        took.append(time.process_time() - began)
    return statistics.median(took)


if __name__ == "__main__":
    main()
