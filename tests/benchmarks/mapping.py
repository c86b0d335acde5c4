"""Sixteen fields of the benchmark's records: how many are read and written in a second of one core."""

from __future__ import annotations

import json
import time
from pathlib import Path

from mappings import language
from tests.benchmarks.records import record

COUNT = 5_000


def main() -> None:
    mapping = language.load(Path(__file__).with_name("system.toml"))
    raws = [mapping.reduce(record(number)) for number in range(COUNT)]
    views = [mapping.read(raw).values for raw in raws]
    began = time.process_time()
    for raw in raws:
        mapping.read(raw)
    reading = time.process_time() - began
    began = time.process_time()
    for view in views:
        mapping.write(view, None, creating=True)
    writing = time.process_time() - began
    print(json.dumps({"read": COUNT / reading, "written": COUNT / writing}))


if __name__ == "__main__":
    main()
