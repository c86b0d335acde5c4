"""The bounded form of ``tests/benchmarks/bench_sync.py``: calls, not seconds."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.linked import unchanged
from tests.dataverse import AWARD, REQUEST, project, two


def test_a_sync_without_changes_reads_each_page_once_and_writes_nothing() -> None:
    cost = unchanged(450, memory=False)
    assert (cost.reads, cost.writes) == (5, 0)


def test_a_dataverse_without_changes_is_asked_once_for_all_its_tables(tmp_path: Path) -> None:
    """Each request linked and with an award. The sign-in and the hourly look at the columns are not counted; how many
    requests there are changes nothing (the connector's own test has 5,000)."""
    with two(tmp_path, [project(f"Project {number}") for number in range(400)]) as made:
        for row in made.dataverse.rows(REQUEST):
            award = {
                "msnfp_name": "Award",
                "msnfp_awardamount": 5000,
                "msnfp_requestid": (REQUEST, row["msnfp_requestid"]),
            }
            made.dataverse.write(AWARD, None, award)
        made.settle()
        assert all(row["commons_id"] for row in made.dataverse.rows(REQUEST))
        before = len(made.dataverse.seen)
        result = made.sync()["dataverse"]
        calls = [
            c
            for c in list(made.dataverse.seen)[before:]
            if "EntityDefinitions" not in c.path and "/token" not in c.path
        ]
        assert [(call.method, call.path) for call in calls] == [("POST", "/api/data/v9.2/$batch")]
        assert calls[0].body.count(b"GET ") == 2 and not result.counts["pushed"]
