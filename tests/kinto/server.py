"""The real Kinto for tests: its process, and the people who work in its collections."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

Row = dict[str, Any]

HUB = ("hub", "hub's password")
CLERK = ("clerk", "clerk's password")

SCHEMA = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "title": {"type": "string"},
        "summary": {"type": ["string", "null"]},
        "need": {"type": ["string", "null"]},
        "organisation": {"type": ["string", "null"]},
        "ask": {"type": ["number", "null"]},
        "currency": {"type": ["string", "null"]},
        "share": {"type": "boolean"},
        "status": {"type": ["string", "null"]},
        "commons_id": {"type": ["string", "null"]},
        "private": {"type": "string"},
    },
}


@contextmanager
def running(log: Path) -> Iterator[int]:
    """Kinto with an empty memory and two accounts; its port. ``log`` gets what it says."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("serve.py"))]
    with log.open("w") as said:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True)
    assert process.stdout is not None and process.stdin is not None
    try:
        line = process.stdout.readline()
        assert line, f"Kinto did not start:\n{log.read_text()}"
        port = int(line)
        for name, password in (HUB, CLERK):
            _ok(requests.put(f"{_url(port)}/accounts/{name}", json={"data": {"password": password}}, timeout=10))
        yield port
    finally:
        process.kill()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


def _ok(answer: requests.Response) -> requests.Response:
    assert answer.ok, f"{answer.request.method} {answer.request.path_url}: {answer.status_code} {answer.text}"
    return answer


class Bucket:
    """A bucket of its own for one test. The clerk owns it, the hub may write in it."""

    def __init__(self, port: int) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = CLERK
        made = self.call("POST", f"{_url(port)}/buckets", {"permissions": {"write": ["account:hub"]}})
        self.id: str = made["id"]
        self.url = f"{_url(port)}/buckets/{self.id}"

    def call(self, method: str, url: str, body: Any = None, **more: Any) -> Any:
        return _ok(self.session.request(method, url, json=body, timeout=10, **more)).json()["data"]

    def collection(self, name: str) -> Office:
        self.call("PUT", f"{self.url}/collections/{name}", {"data": {"schema": SCHEMA}})
        return Office(self, name, f"{self.url}/collections/{name}/records")

    def history(self) -> list[Row]:
        """Kinto's own word on every write to a record, oldest first: ``action``, ``user_id``, ``collection_id``,
        ``record_id`` and the record as it was then under ``target``."""
        found: list[Row] = self.call("GET", f"{self.url}/history", params={"resource_name": "record"})
        return sorted(found, key=lambda entry: int(entry["target"]["data"]["last_modified"]))


@dataclass(frozen=True)
class Office:
    """A clerk at one collection, whose client is no part of the hub."""

    bucket: Bucket
    name: str
    url: str

    def rows(self) -> dict[str, Row]:
        return {row["id"]: row for row in self.bucket.call("GET", self.url)}

    def row(self, id: str) -> Row:
        found: Row = self.bucket.call("GET", f"{self.url}/{id}")
        return found

    def by_key(self, key: str) -> list[Row]:
        return [row for row in self.rows().values() if row.get("commons_id") == key]

    def add(self, **columns: Any) -> str:
        return str(self.bucket.call("POST", self.url, {"data": columns})["id"])

    def edit(self, id: str, **columns: Any) -> Row:
        """Look at the record, then change it as it was seen. Returns what was seen."""
        seen = self.row(id)
        guard = {"If-Match": f'"{seen["last_modified"]}"'}
        self.bucket.call("PATCH", f"{self.url}/{id}", {"data": columns}, headers=guard)
        return seen

    def remove(self, id: str) -> Row:
        """Look at the record, then delete it as it was seen. Returns what was seen."""
        seen = self.row(id)
        self.bucket.call("DELETE", f"{self.url}/{id}", headers={"If-Match": f'"{seen["last_modified"]}"'})
        return seen
