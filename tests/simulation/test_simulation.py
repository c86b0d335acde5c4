"""The whole engine under simulated systems, people, faults and crashes: one seed decides everything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

from tests.simulation.__main__ import many
from tests.simulation.script import play

SEEDS = 30
"""How many stories the normal suite plays."""

MUST_HAPPEN = (
    "refused", "lost before", "lost after", "delivered twice", "too large", "401 in mid-run", "403", "409", "5xx before",
    "5xx after", "body html", "body empty", "body 204", "body cut", "body nan", "body deep", "body half a character",
    "body bom", "body utf-16", "body other shape", "body a list", "edit in mid-call", "run in mid-call", "crash",
    "429", "list", "late page", "decision resolves", "decision suggestion", "mapping changed", "column removed",
    "rows out of sight", "worker suspended", "edit before read-back",
)  # fmt: skip
"""What the bounded run must have met, else it proved nothing about it. A word stands for all kinds that begin with it."""


def test_the_same_seed_tells_the_same_story_whatever_the_order_of_sets() -> None:
    stories = []
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-m", "tests.simulation", "7"]
        env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        stories.append(subprocess.run(command, capture_output=True, env=env, timeout=120, check=False).stdout)
    assert stories[0] == stories[1] and len(stories[0]) > 5000
    assert "\n".join([*play(7).world.log, *play(7).violations]) == stories[0].decode().rstrip("\n")


def test_nothing_is_lost_doubled_leaked_or_deleted_and_all_comes_to_rest() -> None:
    happened: Counter[str] = Counter()
    for outcome in many(0, SEEDS, 1, None):
        assert not outcome.violations, f"{outcome.violations}; replay it: python -m tests.simulation {outcome.seed}"
        happened += outcome.happened
    missing = [kind for kind in MUST_HAPPEN if not any(met.startswith(kind) for met in happened)]
    assert not missing, f"{SEEDS} seeds never met {missing}"
