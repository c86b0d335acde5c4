"""A sync in which nothing changed: what it costs at 2,500 and at 10,000 linked records."""

from __future__ import annotations

from tests.benchmarks.linked import unchanged

PAGE = 100
"""Airtable's largest page."""


def main() -> None:
    small, large = unchanged(2_500), unchanged(10_000)
    print(f"{'records':>8} {'reads':>6} {'writes':>7} {'seconds':>8} {'records/s':>10} {'peak MB':>8}")
    for cost in (small, large):
        print(
            f"{cost.records:>8} {cost.reads:>6} {cost.writes:>7} {cost.seconds:>8.2f} "
            f"{cost.records / cost.seconds:>10.0f} {cost.peak_mb:>8.1f}"
        )
    print(f"four times the records: {large.peak_mb / small.peak_mb:.2f} times the memory")
    for cost in (small, large):
        assert cost.writes == 0 and cost.reads <= -(-cost.records // PAGE)
    assert large.peak_mb < small.peak_mb * 1.15, "memory grows with the number of records"


if __name__ == "__main__":
    main()
