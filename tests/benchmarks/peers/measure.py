"""What a piece of work cost this process and its children: seconds of CPU, seconds of the clock, MB at the peak (Linux)."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path


def cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def peak() -> float:
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def measured(work: Callable[[], int], **more: object) -> None:
    """Do it, and print one line of JSON; ``work`` returns how many records that were. What of ``more`` is a function is asked
    when the work is done."""
    clock, own = time.perf_counter(), cpu()
    count = work()
    told = {"records": count, "cpu": cpu() - own, "wall": time.perf_counter() - clock, "peak": peak()}
    told |= {name: value() if callable(value) else value for name, value in more.items()}
    print(json.dumps(told), flush=True)
