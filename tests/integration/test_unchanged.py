"""The bounded form of ``tests/benchmarks/bench_sync.py``: calls, not seconds."""

from __future__ import annotations

from tests.benchmarks.linked import unchanged


def test_a_sync_without_changes_reads_each_page_once_and_writes_nothing() -> None:
    cost = unchanged(450, memory=False)
    assert (cost.reads, cost.writes) == (5, 0)
