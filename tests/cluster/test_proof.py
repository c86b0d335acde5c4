"""Several workers, one after another killed: in small, what ``make prove-cluster`` shows for five minutes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cluster.diary import Worked, longest_wait, overlaps
from tests.cluster.proof import Wish, prove

SMALL = Wish(
    connections=5, tables=5, every=2, webs=1, workers=2, places=4, seconds=5, kill=2, edit=0.5, lease=10, settle=120
)


def test_workers_that_are_killed_lose_double_and_overlap_nothing(
    new_postgres: Callable[..., str], tmp_path: Path
) -> None:
    found = prove(tmp_path, new_postgres("template0"), SMALL)
    logs = "".join(log.read_text() for log in tmp_path.glob("*.log"))
    assert found.wrong == [] and found.late == [], logs[-3000:]
    assert found.kills >= 1 and found.runs > 5 and found.edits > 3 and found.pages
    assert "Traceback" not in logs


def run(name: str, begin: float, end: float, whole: bool = True) -> Worked:
    return Worked(name, begin, end, whole)


def test_the_judge_sees_two_runs_at_once_and_a_connection_that_waits() -> None:
    good = [run("a", 0, 5), run("b", 1, 3), run("a", 6, 7)]
    assert overlaps(good) == [] and longest_wait(good, ["a", "b"], 0, 8) == (5, "b")
    assert len(overlaps([*good, run("a", 6.5, 9)])) == 1
    killed = [run("a", 0, 2, whole=False), run("a", 4, 5)]
    assert overlaps(killed) == [] and longest_wait(killed, ["a"], 0, 5)[0] == 2
    assert longest_wait(good, ["never"], 0, 8) == (8, "never")
