"""API alerts: a queue of what changed, given out in batches, the next one only when the last was acknowledged.

Source: REST API v2 guide, "API Alerts". Alerts are set up in the admin panel; here ``add`` does that.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.fluxx.sandbox_errors import WireError
from connectors.fluxx.sandbox_site import Site

BATCH = 1000
TABLES = {"grant_request": "requests", "organization": "organizations"}


@dataclass
class _Queue:
    model: str
    read: int
    job: str = ""
    given: list[tuple[str, int, str]] = field(default_factory=list)


class Alerts:
    """The alerts of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._queues: dict[str, _Queue] = {}

    def add(self, model: str) -> str:
        """An alert for every change of a model from now on; the id of its queue."""
        id = str(uuid.uuid4())
        self._queues[id] = _Queue(model, len(self._site.heard))
        return id

    def batch(self, id: str) -> dict[str, Any]:
        """The batch in hand, again until it is acknowledged."""
        queue = self._queue(id)
        if not queue.job:
            fresh = [each for each in self._site.heard[queue.read :] if each[0] == queue.model]
            queue.given, queue.job = fresh[:BATCH], str(uuid.uuid4())
        return {"job_uuid": queue.job, "data": [_entry(each) for each in queue.given]}

    def finish(self, id: str, job: str) -> dict[str, Any]:
        queue = self._queue(id)
        if job != queue.job or not job:
            raise WireError(f"no job {job}", status=404, code=404)
        count = len(queue.given)
        if queue.given:
            queue.read = self._site.heard.index(queue.given[-1], queue.read) + 1
        queue.job, queue.given = "", []
        return {"job_uuid": job, "clear_count": count}

    def _queue(self, id: str) -> _Queue:
        if id not in self._queues:
            raise WireError(f"no queue {id}", status=404, code=404)
        return self._queues[id]


def _entry(change: tuple[str, int, str]) -> dict[str, Any]:
    model, id, stamp = change
    seconds = int(datetime.fromisoformat(stamp).timestamp())
    key = {"timestamp": seconds, "table": TABLES.get(model, f"{model}s"), "idColumns": ["id"], "id": [id]}
    return {"timestamp": seconds, "identity": id, "recordData": {"id": id}, "key": key}
