"""The system that all of them talk to: a process of its own that sends pages encoded long before, so that it is never what
takes the time. ``python -m tests.benchmarks.server SIZE`` prints its port.

``GET /records?page=1[&updated_since=T]`` · ``GET /records?ids=a,b`` · ``POST /records`` and ``PATCH /records`` with
``{"records": [...]}``, answered with the rows as they stand · ``POST /touch?count=N`` edits the titles of the first N ·
``GET /calls`` counts what was asked.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.records import BEGAN, PAGE, record

try:
    from orjson import dumps, loads
except ImportError:  # the figures are the hub's and the peers', not the server's

    def dumps(value: Any) -> bytes:
        return json.dumps(value).encode()

    loads = json.loads


class System:
    """Rows that were never touched stand in a file of encoded pages; all others in memory."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.pages = -(-size // PAGE)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.places: list[tuple[int, int]] = []
        self.changed: dict[str, dict[str, Any]] = {}
        self.dirty: set[int] = set()
        self.calls: Counter[str] = Counter()
        self.clock = 0
        self.made = 0
        for page in range(self.pages):
            body = self._encoded(page, {})
            self.places.append((self.file.tell(), len(body)))
            self.file.write(body)
        self.file.flush()

    def _rows(self, page: int, changed: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        rows = (record(number) for number in range(page * PAGE, min((page + 1) * PAGE, self.size)))
        return [changed.get(row["id"], row) for row in rows]

    def _encoded(self, page: int, changed: dict[str, dict[str, Any]]) -> bytes:
        following = page + 2 if page + 1 < self.pages else None
        return dumps({"records": self._rows(page, changed), "next": following, "total": self.size})

    def page(self, number: int) -> bytes:
        if number - 1 in self.dirty:
            return self._encoded(number - 1, self.changed)
        if number > self.pages:
            return dumps({"records": [], "next": None, "total": self.size})
        start, length = self.places[number - 1]
        return os.pread(self.file.fileno(), length, start)

    def since(self, moment: str, number: int) -> bytes:
        rows = [row for row in self.changed.values() if row["updated"] > moment]
        following = number + 1 if number * PAGE < len(rows) else None
        return dumps({"records": rows[(number - 1) * PAGE : number * PAGE], "next": following, "total": len(rows)})

    def now(self) -> str:
        self.clock += 1
        moment = datetime.fromisoformat(BEGAN) + timedelta(milliseconds=self.clock)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def row(self, id: str) -> dict[str, Any] | None:
        if id in self.changed:
            return self.changed[id]
        return record(int(id[1:])) if id.startswith("r") and int(id[1:]) < self.size else None

    def change(self, id: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        row = self.row(id)
        if row is None:
            return None
        row = row | fields | {"updated": self.now(), "version": str(int(row["version"]) + 1)}
        self.changed[id] = row
        if id.startswith("r"):
            self.dirty.add(int(id[1:]) // PAGE)
        return row

    def create(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.made += 1
        row = fields | {"id": f"c{self.made:08}", "updated": self.now(), "version": "1"}
        self.changed[row["id"]] = row
        return row

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.calls[method] += parts.path == "/records"
        match method, parts.path:
            case "GET", "/calls":
                return dumps(dict(self.calls))
            case "GET", "/records" if "ids" in asked:
                rows = [self.row(id) for id in asked["ids"].split(",")]
                return dumps({"records": [row for row in rows if row], "next": None})
            case "GET", "/records" if "key" in asked:
                return dumps(
                    {"records": [r for r in self.changed.values() if r.get("key") == asked["key"]], "next": None}
                )
            case "GET", "/records" if asked.get("updated_since", "") >= BEGAN:
                return self.since(asked["updated_since"], int(asked.get("page", 1)))
            case "GET", "/records":
                return self.page(int(asked.get("page", 1)))
            case "POST", "/records":
                return dumps({"records": [self.create(fields) for fields in loads(body)["records"]]})
            case "PATCH", "/records":
                return dumps({"records": [self.change(row["id"], row) for row in loads(body)["records"]]})
            case "POST", "/touch":
                for number in range(int(asked["count"])):
                    self.change(f"r{number:08}", {"title": f"Edited {self.clock}: {number}"})
                return b"{}"
        return b'{"error": "no such call"}'


def attend(system: System, peer: socket.socket) -> None:
    """Requests of one connection, one after the other."""
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = peer.makefile("rb", buffering=256 * 1024)
    while line := stream.readline():
        method, target, _ = line.decode().split(" ", 2)
        length = 0
        while (header := stream.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = system.answer(method, target, stream.read(length) if length else b"")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        peer.sendall(head.encode() + body)


def main(size: int) -> None:
    system = System(size)
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        peer, _ = server.accept()
        threading.Thread(target=attend, args=(system, peer), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
