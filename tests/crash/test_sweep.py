"""A sample of the kill sweep. The whole of it: ``python -m tests.crash``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.__main__ import never_reached
from tests.crash.cases import Reference, cases
from tests.crash.sweep import points_in_source

SECONDS = os.environ.get("HUB_SWEEP_SECONDS", "60")
"""How long the sample may take; shorter for a quick look."""

ROOT = Path(__file__).parents[2]


def sweep(*words: str) -> subprocess.CompletedProcess[str]:
    """The sweep as a process of its own: a test runner has threads, which no fork survives."""
    command = [sys.executable, "-m", "tests.crash", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="A worker is forked, which this system cannot.")
def test_wherever_the_hub_is_killed_nothing_is_lost_doubled_or_mixed() -> None:
    done = sweep("--seconds", SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
