"""What one process counts as it happens. Counters begin at nothing with each start, as Prometheus expects."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
RECORDS = (
    "read",
    "created",
    "changed",
    "unchanged",
    "not_shared",
    "quarantined",
    "conflicts",
    "pushed_new",
    "pushed",
    "rejected",
)

_runs = Counter(
    "hub_runs", "Runs that the clock started, by how they ended.", ["connection", "state"], registry=REGISTRY
)
_run_seconds = Histogram(
    "hub_run_seconds", "How long runs took.", ["connection"], registry=REGISTRY, buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800)
)  # fmt: skip
_records = Counter("hub_records", "Records of runs, by what became of them.", ["connection", "what"], registry=REGISTRY)
_requests = Counter("hub_http_requests", "Requests to pages and API.", ["page", "method", "status"], registry=REGISTRY)
_request_seconds = Histogram(
    "hub_http_request_seconds", "How long answers took.", registry=REGISTRY, buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
)  # fmt: skip
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def run(connection: str, state: str, seconds: float, counts: Mapping[str, int]) -> None:
    _runs.labels(connection, state).inc()
    _run_seconds.labels(connection).observe(seconds)
    for what in RECORDS:
        if counts.get(what):
            _records.labels(connection, what).inc(counts[what])


def request(page: str, method: str, status: int, seconds: float) -> None:
    """``page``: the endpoint, never the address. A made-up method is counted as other."""
    _requests.labels(page, method if method in METHODS else "other", str(status)).inc()
    _request_seconds.observe(seconds)
