"""A sample of the kill sweep, and that it looks everywhere. The whole of it: ``python -m tests.crash``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import Pipe
from pathlib import Path

import pytest

from hub import crash
from hub.app import Hub
from tests.crash import script
from tests.crash.__main__ import never_reached
from tests.crash.cases import Reference, cases
from tests.crash.sweep import Result, in_order, points_in_source
from tests.crash.worker import Order, Workers

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="A worker is forked, which this system cannot do.")

CASES = "28"
"""How many the sample plays; every point is among them."""

POSTGRES_SAMPLE = ("push.create.called@approve:2/none+edits",)
POSTGRES_WHOLE = ("push.update.called@edit:1/first", "resolve.decided")
"""On the other database the engine is the same; what differs is how a transaction ends that a kill cut off. The later the
phase, the more of the script is rehearsed before."""

ROOT = Path(__file__).parents[2]


def sweep(*words: str) -> str:
    """The sweep as a process of its own, because a test runner has threads and a fork needs none; what it printed."""
    command = [sys.executable, "-m", "tests.crash", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def references(points: Counter[str]) -> dict[str, Reference]:
    """A rehearsal in which every phase reached these points."""
    return {
        phase.name: Reference(None, {}, {}, {}, {}, {}, [], {"none": points, "first": points, "second": points})  # type: ignore[arg-type]
        for phase in script.PHASES
    }


def test_wherever_the_hub_is_killed_nothing_is_lost_doubled_or_mixed() -> None:
    assert "ok " in sweep("--cases", CASES, "--jobs", "1")


@pytest.mark.parametrize("names", [POSTGRES_SAMPLE, pytest.param(POSTGRES_WHOLE, marks=pytest.mark.whole)])
def test_the_same_holds_on_postgresql(new_postgres: Callable[[], str], names: tuple[str, ...]) -> None:
    words = [word for name in names for word in ("--only", name)]
    assert "ok " in sweep("--postgres", new_postgres(), *words)


def test_a_crash_point_that_the_script_never_comes_to_fails_the_sweep() -> None:
    known = Counter(dict.fromkeys(points_in_source(), 1))
    assert never_reached(references(known)) == set()
    del known["push.create.called"]
    assert never_reached(references(known)) == {"push.create.called"}


def test_a_short_sweep_visits_every_point_before_it_visits_one_again() -> None:
    found = cases(references(Counter({"pull.read": 5, "push.create.called": 1, "resolve.stored": 2})))
    assert [case.point for case in found[:4]] == ["", "pull.read", "push.create.called", "resolve.stored"]
    assert [case.point for case in found[4:8]] == ["", "pull.read", "push.create.called", "resolve.stored"]
    assert len(found) == len({case.name for case in found})


def test_cases_whose_process_ended_are_not_taken_for_played() -> None:
    found = cases(references(Counter({"pull.read": 2})))[:2]
    ours, theirs = Pipe(duplex=False)
    theirs.send(Result(found[0], [], 0.1))
    theirs.close()
    played = in_order({ours: 0}, found, 1)
    assert next(played).case == found[0]
    with pytest.raises(RuntimeError, match="ended before"):
        next(played)


def pass_four_points(hub: Hub) -> None:
    for name in ("a", "b", "a", "c"):
        crash.point(name)


def report(folder: str) -> None:
    """Print how a worker ends that is killed nowhere, and at three of its points."""
    config = Path(folder) / "config.toml"
    config.write_text('[hub]\ndatabase = "sqlite:///hub.db"\n')
    workers = Workers(Path(folder))
    for kill in ("", "b:1", "c:1", "a:2"):
        gone = workers.run(Order((pass_four_points,), config, datetime(2026, 3, 2, tzinfo=UTC), 1, kill))
        print(gone.killed, gone.passed["a"], gone.passed["b"], gone.passed["c"], gone.finished)
    workers.close()


def test_a_worker_dies_at_the_point_that_it_is_told_and_nowhere_else(tmp_path: Path) -> None:
    command = f"from tests.crash.test_sweep import report; report({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["False 2 1 1 1", "True 1 1 0 0", "True 2 1 1 0", "True 2 1 0 0"], done.stderr
